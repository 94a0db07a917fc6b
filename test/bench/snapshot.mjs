/**
 * `npm run bench:snapshot`: how long a node's loop stands still while it takes a snapshot, and how
 * long it needs to start from one. One node, a real disk, a process for each of its lives. A turn of
 * the loop is told in the time that its thread ran, with and without what of it was garbage
 * collection, beside the wall time, which on a busy machine says little.
 *
 *   npm run bench:snapshot -- [--keys N] [--bytes N] [--later N]
 */
import { Context, Effect, Exit, Layer, Logger, LogLevel, Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { constants, performance, PerformanceObserver } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Command from "../../dist/kv/Command.js"
import * as Garbage from "../../dist/live/Garbage.js"
import * as ImmediateScheduler from "../../dist/live/ImmediateScheduler.js"
import * as NodeDisk from "../../dist/live/NodeDisk.js"
import * as Cache from "../../dist/node/Cache.js"
import { Node } from "../../dist/node/Node.js"
import * as NodeProgram from "../../dist/node/NodeProgram.js"
import { Network } from "../../dist/service/Network.js"

const { values } = parseArgs({
  options: {
    keys: { type: "string", default: "1000000" },
    bytes: { type: "string", default: "256" },
    later: { type: "string", default: "100000" },
    /** For the processes that this one starts: what to do in which folder. */
    fill: { type: "string" },
    restart: { type: "string" }
  }
})
const keys = Number(values.keys)
const later = Number(values.later)
/** One after the other. */
const RESTARTS = 3
const value = new Uint8Array(Number(values.bytes)).fill(7)

const folder = values.fill ?? values.restart ?? mkdtempSync(join(tmpdir(), "raftcache-bench-"))

const program = Effect.withScheduler(
  NodeProgram.make({ ...NodeProgram.defaults, requestTimeoutMillis: 600_000 }),
  ImmediateScheduler.scheduler
)

const open = async () => {
  Effect.runSync(Garbage.collectEarly)
  const scope = Effect.runSync(Scope.make())
  const storage = NodeDisk.layerStorage(folder, {
    clusterId: "00000000000000be",
    nodeId: "n1",
    members: { n1: "127.0.0.1:1" }
  })
  const silence = { run: () => Effect.void, setPeers: () => {}, send: () => {} }
  const network = Layer.succeed(Network, silence)
  const layer = Layer.scoped(Node, program).pipe(
    Layer.provide(Layer.merge(storage, network)),
    Layer.provideMerge(Cache.layer()),
    Layer.provide(Garbage.layer),
    Layer.provide(Logger.minimumLogLevel(LogLevel.Warning))
  )
  const context = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  return {
    node: Context.get(context, Node),
    store: Context.get(context, Cache.Cache),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

const write = (node, ...words) =>
  new Promise((resolve, reject) =>
    node.write(
      Command.encodeCall(Command.words(...words)),
      (outcome) => outcome._tag === "Done" ? resolve() : reject(new Error(JSON.stringify(outcome)))
    )
  )

const readable = (node) => new Promise((resolve) => node.read(resolve))

const snapshot = (node) => new Promise((resolve) => node.snapshot(resolve))

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

const PAIRS = 500

const fill = async (node) => {
  for (let from = 0; from < keys;) {
    const batch = []
    for (let i = 0; i < 20 && from < keys; i++, from += PAIRS) {
      const pairs = Array.from(
        { length: Math.min(PAIRS, keys - from) },
        (_, at) => [`key:${from + at}`, value]
      )
      batch.push(write(node, "MSET", ...pairs.flat()))
    }
    await Promise.all(batch)
  }
}

const set = (node, at) => write(node, "SET", `key:${at % keys}`, value)

const addSets = async (node, count) => {
  for (let from = 0; from < count; from += 1_000) {
    await Promise.all(
      Array.from({ length: Math.min(1_000, count - from) }, (_, at) => set(node, (from + at) * 7))
    )
  }
}

/** What this thread has run so far, waiting for a processor not counted. Milliseconds; Linux. */
const ranMillis = () =>
  Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6

/** Collections that the loop stood still for, since the last look. They are told a moment later. */
const collections = []
new PerformanceObserver((list) => collections.push(...list.getEntries()))
  .observe({ type: "gc" })

/** How much of the time from `began` to `ended` was collection. */
const collectionMillis = ({ began, ended }) => {
  let millis = 0
  for (const { duration, startTime } of collections) {
    millis += Math.max(0, Math.min(ended, startTime + duration) - Math.max(began, startTime))
  }
  return millis
}

/** The turns of the event loop, while `run` runs. */
const turnsOf = async (run) => {
  const turns = []
  let [last, lastRan] = [performance.now(), ranMillis()]
  let isOver = false
  const look = () => {
    const [now, ran] = [performance.now(), ranMillis()]
    turns.push({ began: last, ended: now, ran: ran - lastRan })
    ;[last, lastRan] = [now, ran]
    if (!isOver) setImmediate(look)
  }
  collections.length = 0
  setImmediate(look)
  const [began, beganRan] = [last, lastRan]
  await run()
  isOver = true
  const whole = { millis: performance.now() - began, ranMillis: ranMillis() - beganRan }
  await sleep(100)
  return { ...whole, turns }
}

const longest = (numbers) =>
  numbers.sort((one, other) => other - one).slice(0, 5).map((each) => each.toFixed(1)).join(", ")

/** Turns shorter than this are none of the longest. */
const NOTICED_MILLIS = 2

const show = (title, { millis, ranMillis: ran, turns }) => {
  const long = turns.filter((turn) => turn.ended - turn.began > NOTICED_MILLIS)
  const ours = long.map((turn) => Math.max(0, turn.ran - collectionMillis(turn)))
  const walls = long.map(({ began, ended }) => ended - began)
  console.log(
    `${title}: ${(millis / 1000).toFixed(2)} s (its thread ran ${(ran / 1000).toFixed(2)} s)\n` +
      `  longest turns: ${longest(ours)} ms of running without collection\n` +
      `                 ${longest(long.map((turn) => turn.ran))} ms of running\n` +
      `                 ${longest(walls)} ms of wall time\n` +
      `  longest collections: ${
        longest(collections.map(({ duration }) => duration))
      } ms of wall time`
  )
}

const sizeOf = (ending) =>
  readdirSync(folder).filter((name) => name.endsWith(ending))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`

const seconds = (millis) => `${(millis / 1000).toFixed(2)} s`

/** The program's modules are loaded before it begins: main.js is one file. */
const restart = async () => {
  const [began, beganRan] = [performance.now(), ranMillis()]
  const node = await open()
  await readable(node.node)
  console.log(
    `restart with ${later} writes after the snapshot: ready after ` +
      `${seconds(performance.now() - began)} (its thread ran ${
        seconds(ranMillis() - beganRan)
      }): ` +
      `${node.store.keys.size} keys, snapshot ${megabytes(sizeOf(".snapshot"))}, log ` +
      `${megabytes(sizeOf(".log"))}, memory ${megabytes(process.memoryUsage().rss)}`
  )
  await node.close()
}

/** Writes, a hundred on their way at a time, until `isOver`. */
const writeUntil = async (node, isOver) => {
  for (let at = 0; !isOver(); at += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => set(node, (at + i) * 7)))
  }
}

const snapshotUnderWrites = async (node) => {
  let isTaken = false
  const taken = snapshot(node).then(() => {
    isTaken = true
  })
  await writeUntil(node, () => isTaken)
  await taken
}

const isOfWholeHeap = ({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR

/** Writes until the engine has collected the whole heap, and tells what it has told of that. */
const collectionUnderWrites = (node) => writeUntil(node, () => collections.some(isOfWholeHeap))

const collectGarbage = async () => {
  setFlagsFromString("--expose-gc")
  runInNewContext("gc")()
  await sleep(100)
}

/** Ends with so many writes after the last snapshot, in which nothing else was asked. */
const fillAndSnapshot = async () => {
  const { close, node, store } = await open()
  await readable(node)
  await fill(node)
  console.log(`${store.keys.size} keys of ${value.length} bytes`)
  // The one that filling has begun is out of the way then.
  await snapshot(node)
  // So that the engine does not do so meanwhile: what that takes is measured at the end.
  await collectGarbage()
  await set(node, 0)
  show("one second in which nothing is asked", await turnsOf(() => sleep(1_000)))
  show("a snapshot in which nothing else is asked", await turnsOf(() => snapshot(node)))
  await set(node, 1)
  await collectGarbage()
  show("a snapshot under writes", await turnsOf(() => snapshotUnderWrites(node)))
  show(
    "writes until the engine has collected the whole heap",
    await turnsOf(() => collectionUnderWrites(node))
  )
  await snapshot(node)
  await addSets(node, later)
  await close()
}

/** A node that starts has the machine's memory back that it had before. */
const inProcess = async (...words) => {
  const options = ["keys", "bytes", "later"].flatMap((name) => [`--${name}`, values[name]])
  const path = fileURLToPath(import.meta.url)
  const child = spawn(process.execPath, [path, ...words, ...options], {
    stdio: ["ignore", "inherit", "inherit"]
  })
  const [code] = await once(child, "close")
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}`)
}

if (values.fill !== undefined) {
  await fillAndSnapshot()
  process.exit(0)
}
if (values.restart !== undefined) {
  await restart()
  process.exit(0)
}
try {
  await inProcess("--fill", folder)
  for (let time = 0; time < RESTARTS; time++) await inProcess("--restart", folder)
} finally {
  rmSync(folder, { recursive: true })
}
