/**
 * `npm run bench:snapshot`: how long a node's loop stands still while it takes a snapshot, and how
 * long it needs to start from one. One node, a real disk, in this process. A turn of the loop is
 * told in the time that its thread ran, beside the wall time, which on a busy machine says little.
 *
 *   npm run bench:snapshot -- [--keys N] [--bytes N] [--later N]
 */
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import * as Command from "../../dist/kv/Command.js"
import * as Store from "../../dist/kv/Store.js"
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
    later: { type: "string", default: "100000" }
  }
})
const keys = Number(values.keys)
const later = Number(values.later)
const value = new Uint8Array(Number(values.bytes)).fill(7)

const folder = mkdtempSync(join(tmpdir(), "raftcache-bench-"))

const program = Effect.withScheduler(
  NodeProgram.make({ members: ["n1"], ...NodeProgram.defaults, requestTimeoutMillis: 600_000 }),
  ImmediateScheduler.scheduler
)

const open = async () => {
  const scope = Effect.runSync(Scope.make())
  const storage = NodeDisk.layerStorage(folder, {
    clusterId: "00000000000000be",
    nodeId: "n1",
    members: ["n1"]
  })
  const network = Layer.succeed(Network, { run: () => Effect.void, send: () => {} })
  const layer = Layer.scoped(Node, program).pipe(
    Layer.provide(Layer.merge(storage, network)),
    Layer.provideMerge(Cache.layer())
  )
  const context = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  return {
    node: Context.get(context, Node),
    store: Context.get(context, Cache.Cache),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

const write = (node, command) =>
  new Promise((resolve, reject) =>
    node.write(
      Command.encode(command),
      (outcome) => outcome._tag === "Done" ? resolve() : reject(new Error(JSON.stringify(outcome)))
    )
  )

const readable = (node) => new Promise((resolve) => node.read(resolve))

const snapshot = (node) => new Promise((resolve) => node.snapshot(resolve))

const PAIRS = 500

const fill = async (node) => {
  for (let from = 0; from < keys;) {
    const batch = []
    for (let i = 0; i < 20 && from < keys; i++, from += PAIRS) {
      const pairs = Array.from(
        { length: Math.min(PAIRS, keys - from) },
        (_, at) => [`key:${from + at}`, value]
      )
      batch.push(write(node, { _tag: "SetMany", pairs }))
    }
    await Promise.all(batch)
  }
}

const set = (node, at) =>
  write(node, { _tag: "Set", key: `key:${at % keys}`, value, condition: "none", get: false })

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

/** The longest turns of the event loop, while `run` runs. */
const pausesOf = async (run) => {
  const [pauses, turns] = [[], []]
  let [last, lastRan] = [performance.now(), ranMillis()]
  let isOver = false
  const look = () => {
    const [now, ran] = [performance.now(), ranMillis()]
    pauses.push(now - last)
    turns.push(ran - lastRan)
    ;[last, lastRan] = [now, ran]
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  const [began, beganRan] = [last, lastRan]
  await run()
  isOver = true
  return { millis: performance.now() - began, ranMillis: ranMillis() - beganRan, pauses, turns }
}

const longest = (numbers) =>
  numbers.sort((one, other) => other - one).slice(0, 5).map((each) => each.toFixed(1)).join(", ")

const show = (title, { millis, pauses, ranMillis: ran, turns }) =>
  console.log(
    `${title}: ${(millis / 1000).toFixed(2)} s (its thread ran ${(ran / 1000).toFixed(2)} s), ` +
      `longest turns ${longest(turns)} ms of running, ${longest(pauses)} ms of wall time`
  )

const sizeOf = (ending) =>
  readdirSync(folder).filter((name) => name.endsWith(ending))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`

const restart = async (title) => {
  const [began, beganRan] = [performance.now(), ranMillis()]
  const again = await open()
  await readable(again.node)
  const [ready, readyRan] = [performance.now(), ranMillis()]
  console.log(
    `${title}: ready after ${((ready - began) / 1000).toFixed(2)} s ` +
      `(its thread ran ${((readyRan - beganRan) / 1000).toFixed(2)} s), ${
        Store.size(again.store)
      } keys, ` +
      `snapshot ${megabytes(sizeOf(".snapshot"))}, log ${megabytes(sizeOf(".log"))}`
  )
  return again
}

try {
  let open1 = await open()
  await readable(open1.node)
  await fill(open1.node)
  console.log(`${Store.size(open1.store)} keys of ${value.length} bytes`)
  await set(open1.node, 0)
  show(
    "one second in which nothing is asked",
    await pausesOf(() => new Promise((resolve) => setTimeout(resolve, 1_000)))
  )
  show("a snapshot in which nothing else is asked", await pausesOf(() => snapshot(open1.node)))
  await set(open1.node, 1)
  let isTaken = false
  show(
    "a snapshot under writes",
    await pausesOf(async () => {
      const taken = snapshot(open1.node).then(() => {
        isTaken = true
      })
      for (let at = 0; !isTaken; at += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, i) => set(open1.node, (at + i) * 7)))
      }
      await taken
    })
  )
  await addSets(open1.node, later)
  await open1.close()
  open1 = await restart(`restart with ${later} writes after the snapshot`)
  await open1.close()
} finally {
  rmSync(folder, { recursive: true })
}
process.exit(0)
