/**
 * A few keys that do what those of the cache do, for simulated clusters whose clients' histories
 * are judged by the linearizability search.
 */
import * as Latin1 from "../../src/kv/Latin1.js"
import type { Application, Machine } from "../../src/sim/Application.js"
import type { Operation, State } from "../../src/sim/LinearizabilitySearch.js"
import type { Report } from "../../src/sim/Report.js"
import { evaluate } from "../chaos/RedisKey.js"
import type { Answer, Words } from "../chaos/RedisKey.js"

const KEYS = 3

const textOf = (bytes: Uint8Array): string => Latin1.decode(bytes, 0, bytes.length)

const encode = (value: unknown): Uint8Array => Latin1.encode(JSON.stringify(value))

const machine = (): Machine => {
  let states = new Map<string, State>()
  const answer = (bytes: Uint8Array): Uint8Array => {
    const words: Words = JSON.parse(textOf(bytes))
    const [after, answer] = evaluate(states.get(words[1]) ?? null, words)
    if (after === null) states.delete(words[1])
    else states.set(words[1], after)
    return encode(answer)
  }
  return {
    apply: answer,
    read: answer,
    digest: () => JSON.stringify([...states].sort(([one], [other]) => one < other ? -1 : 1)),
    snapshot: () => [...states].map(encode),
    restore: () => {
      const restored = new Map<string, State>()
      return {
        add: (part) => {
          const [key, state]: [string, State] = JSON.parse(textOf(part))
          restored.set(key, state)
        },
        done: () => {
          states = restored
        }
      }
    }
  }
}

export const application: Application = {
  name: "words",
  machine,
  model: machine,
  request: (id, draw) => {
    const key = `k${draw(KEYS)}`
    const requests: ReadonlyArray<Words> = [
      ["GET", key],
      ["SET", key, `v${id}`],
      ["SET", key, `v${id}`, "NX", "GET"],
      ["DEL", key]
    ]
    const words = requests[draw(requests.length)]!
    return { kind: words[0] === "GET" ? "read" : "write", bytes: encode(words) }
  },
  describe: ({ bytes }) => textOf(bytes),
  describeAnswer: textOf
}

/** What the clients saw, of a report whose trace was recorded. */
export const historyOf = ({ trace }: Report): ReadonlyArray<Operation<Words, Answer>> => {
  const operations = new Map<number, Operation<Words, Answer>>()
  for (const event of trace) {
    if (event._tag === "Invoked") {
      const { client, number: calledAt, operation: id, text } = event
      const request: Words = JSON.parse(text)
      operations.set(id, {
        id,
        client,
        request,
        calledAt,
        returnedAt: undefined,
        answer: undefined
      })
    } else if (event._tag === "Answered") {
      const { number: returnedAt, operation: id, outcome, text } = event
      if (outcome === "refused") operations.delete(id)
      if (outcome !== "done") continue
      operations.set(id, { ...operations.get(id)!, returnedAt, answer: JSON.parse(text) })
    }
  }
  return [...operations.values()]
}
