/**
 * A cluster of three and one of five, one after the other: clients work, one fault follows another,
 * and in the end the whole history is searched for an order that explains it.
 */
import { dirname, join } from "node:path"
import { parseArgs } from "node:util"
import * as Contradiction from "../../src/sim/Contradiction.js"
import * as Search from "../../src/sim/LinearizabilitySearch.js"
import type { Operation } from "../../src/sim/LinearizabilitySearch.js"
import { Clients } from "./Clients.js"
import { Cluster } from "./Cluster.js"
import { faults } from "./Faults.js"
import type { Draw } from "./Faults.js"
import { lie } from "./Lie.js"
import { Namespaces } from "./Namespaces.js"
import { Proxies } from "./Proxies.js"
import * as RedisKey from "./RedisKey.js"
import type { Answer, Words } from "./RedisKey.js"

/** Acknowledged operations of each cluster, at least, in at most so many seconds. */
const FULL = { operations: 110_000, seconds: 1_800 }
const SHORT = { operations: 1_500, seconds: 120 }

/** In a short run each cluster meets so many faults, in a full one all, again and again. */
const SHORT_FAULTS = 4

/** Between two faults. */
const PEACE_MILLIS = 300

interface Round {
  readonly nodes: number
  readonly slowness: string
  readonly fullness: string
  readonly faults: Record<string, number>
  readonly acknowledged: number
  readonly refused: number
  readonly unknown: number
  readonly strange: Readonly<Record<string, number>>
  readonly runSeconds: number
  readonly searchSeconds: number
  readonly verdict: "Linearizable" | "Violation" | "Undecided" | "TooLittle"
  readonly contradiction: string | undefined
}

const [main = "", folder = "", ...args] = process.argv.slice(2)
const { values } = parseArgs({
  args,
  options: {
    short: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    lie: { type: "boolean", default: false },
    operations: { type: "string" },
    proxies: { type: "boolean", default: false }
  }
})
const kind = values.short ? SHORT : FULL
const goal = { ...kind, operations: Number(values.operations ?? kind.operations) }

/** Mulberry32. */
const drawFrom = (seed: number): Draw => {
  let state = seed
  return (arity) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ state >>> 15, 1 | state)
    mixed = (mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed)) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) % arity
  }
}

const say = (line: string): void => values.json ? undefined : console.log(line)

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

const shuffled = (names: ReadonlyArray<string>, draw: Draw): ReadonlyArray<string> => {
  const rest = [...names]
  return names.map(() => rest.splice(draw(rest.length), 1)[0]!)
}

/** `names` again and again, until enough was acknowledged. */
const torment = async (
  cluster: Cluster,
  clients: Clients,
  names: ReadonlyArray<string>,
  draw: Draw
): Promise<Record<string, number>> => {
  const done: Record<string, number> = {}
  const until = performance.now() + 1_000 * goal.seconds
  const isEnough = (): boolean =>
    clients.acknowledged >= goal.operations || performance.now() > until
  for (let first = true; first || !isEnough(); first = false) {
    for (const name of shuffled(names, draw)) {
      if (!first && isEnough()) break
      const whyNot = await faults[name]!(cluster, draw)
      await cluster.healed()
      if (whyNot === undefined) done[name] = (done[name] ?? 0) + 1
      else done[`${name}: not done, ${whyNot}`] = 0
      await pause(PEACE_MILLIS)
    }
  }
  return done
}

const judge = (history: ReadonlyArray<Operation<Words, Answer>>) => {
  const verdict = Search.check(history, RedisKey.specification)
  if (verdict._tag !== "Violation") return { verdict: verdict._tag, contradiction: undefined }
  const contradiction = Contradiction.describe(
    Contradiction.smallest(verdict.operations, RedisKey.specification),
    {
      request: RedisKey.describe,
      answer: RedisKey.describeAnswer,
      instant: (micros) => `${(micros / 1e6).toFixed(6)} s`
    }
  )
  return { verdict: verdict._tag, contradiction }
}

const round = async (nodes: number, names: ReadonlyArray<string>, draw: Draw): Promise<Round> => {
  const startedAt = performance.now()
  const network = values.proxies
    ? await Proxies.make(nodes, join(dirname(main), "../test/chaos/Redirect.mjs"))
    : new Namespaces(nodes)
  const cluster = new Cluster(nodes, network, main, folder)
  await cluster.leader()
  const clients = new Clients(cluster, draw)
  clients.start()
  const done = await torment(cluster, clients, names, draw)
  await clients.stop()
  await clients.readAll()
  await cluster.stop()
  const endedAt = performance.now()
  const history = values.lie ? lie(clients.operations) : clients.operations
  const { contradiction, verdict } = judge(history)
  const isTooLittle = verdict === "Linearizable" && clients.acknowledged < goal.operations
  return {
    nodes,
    slowness: cluster.network.slowness,
    fullness: cluster.small === undefined ? "a limit on the size of files" : "a small tmpfs",
    faults: done,
    acknowledged: clients.acknowledged,
    refused: clients.refused,
    unknown: clients.unknown,
    strange: Object.fromEntries(clients.strange),
    runSeconds: (endedAt - startedAt) / 1_000,
    searchSeconds: (performance.now() - endedAt) / 1_000,
    verdict: isTooLittle ? "TooLittle" : verdict,
    contradiction
  }
}

const print = (one: Round): void => {
  say(`${one.nodes} nodes, ${one.runSeconds.toFixed(0)} s`)
  say(`  slow lines: ${one.slowness}; full disk: ${one.fullness}`)
  for (const [name, times] of Object.entries(one.faults)) say(`  ${name}: ${times}`)
  say(`  operations: ${one.acknowledged} ok, ${one.refused} refused, ${one.unknown} unknown`)
  for (const [text, times] of Object.entries(one.strange)) say(`  ${times} times: ${text}`)
  say(`  verdict: ${one.verdict}, after ${one.searchSeconds.toFixed(1)} s of search`)
  if (one.verdict === "TooLittle") say(`  fewer than ${goal.operations} were acknowledged`)
  if (one.contradiction !== undefined) say(one.contradiction)
}

const rounds: Array<Round> = []
try {
  const draw = drawFrom(Number(values.seed))
  if (!values.proxies) Namespaces.prepare()
  say(`seed ${values.seed}${values.lie ? ", with a lie" : ""}`)
  const all = shuffled(Object.keys(faults), draw)
  for (const [at, nodes] of [3, 5].entries()) {
    const names = values.short ? all.slice(at * SHORT_FAULTS, (at + 1) * SHORT_FAULTS) : all
    const one = await round(nodes, names, draw)
    rounds.push(one)
    print(one)
  }
  if (values.json) console.log(JSON.stringify({ seed: Number(values.seed), rounds }))
  process.exit(rounds.every(({ verdict }) => verdict === "Linearizable") ? 0 : 1)
} catch (error) {
  console.error("chaos:", error)
  process.exit(1)
}
