import type { Application } from "../../src/sim/index.js"

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const owners = ["ann", "bob", "cid"]
const OPENING = 100
const TOTAL = encode("total")

type Transfer = (balances: Map<string, number>, from: string, to: string, amount: number) => void

/** A state machine: bytes in, bytes out, and nothing but them decides what it does. */
const machine = (transfer: Transfer): Application.Machine => {
  const balances = new Map(owners.map((owner) => [owner, OPENING]))
  const total = () => [...balances.values()].reduce((sum, each) => sum + each, 0)
  return {
    apply: (command) => {
      const [from = "", to = "", amount = ""] = decode(command).split(" ")
      if ((balances.get(from) ?? 0) < Number(amount)) return encode("refused")
      transfer(balances, from, to, Number(amount))
      return encode("done")
    },
    read: (query) => encode(String(balances.get(decode(query)) ?? total())),
    digest: () => JSON.stringify([...balances]),
    snapshot: () => [encode(JSON.stringify([...balances]))],
    restore: () => {
      let restored: ReadonlyArray<readonly [string, number]> = []
      return {
        add: (part) => {
          restored = JSON.parse(decode(part)) as typeof restored
        },
        done: () => {
          for (const [owner, balance] of restored) balances.set(owner, balance)
        }
      }
    }
  }
}

const sumStays: Application.Invariant = {
  name: "the-sum-stays",
  check: (machines) => {
    for (const [node, { read }] of machines) {
      const total = decode(read(TOTAL))
      if (Number(total) !== OPENING * owners.length) return `${node} holds ${total} in all`
    }
    return undefined
  }
}

export const bank = (transfer: Transfer): Application.Application => ({
  name: "bank",
  machine: () => machine(transfer),
  model: () => machine(transfer),
  request: (id, draw) => {
    const owner = () => owners[draw(owners.length)]!
    if (draw(4) === 3) return { kind: "read", bytes: encode(owner()) }
    // The number makes this command another one than all others.
    return { kind: "write", bytes: encode(`${owner()} ${owner()} ${draw(50)} #${id}`) }
  },
  describe: ({ bytes }) => decode(bytes),
  describeAnswer: decode,
  invariants: [sumStays]
})

export const careless: Transfer = (balances, from, to, amount) => {
  const [less, more] = [balances.get(from)! - amount, balances.get(to)! + amount]
  balances.set(from, less)
  balances.set(to, more)
}

export const careful: Transfer = (balances, from, to, amount) => {
  balances.set(from, balances.get(from)! - amount)
  balances.set(to, balances.get(to)! + amount)
}
