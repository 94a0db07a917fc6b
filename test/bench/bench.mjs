/**
 * `npm run bench`: what a cluster of three on this machine does in a second, beside etcd if that is
 * installed, how long a failover takes, and how long the program takes to start.
 *
 * All nodes and the client share the machine and its disk: read the ratios, not the rates. So that
 * the ratios are honest, both clusters run all the time, every measurement of one is followed by
 * the same one of the other, their order alternates, and both are asked by a client in C.
 *
 *   npm run bench -- [--quick] [--data FOLDER]
 */
import { mkdtempSync, rmSync, statfsSync } from "node:fs"
import * as OperatingSystem from "node:os"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import * as Etcd from "./Etcd.mjs"
import * as Failover from "./Failover.mjs"
import * as Processes from "./Processes.mjs"
import * as Raftcache from "./Raftcache.mjs"

const VALUE_BYTES = 256
const KEYS = 10_000
/** The magic number of a file system in memory (statfs). */
const TMPFS = 0x01021994

const { data, quick } = parseArgs({
  options: { quick: { type: "boolean" }, data: { type: "string" } }
}).values

const rounds = quick ? 1 : 3
const kills = quick ? 3 : 10
const starts = quick ? 3 : 10
/** Long enough for a run of some seconds. */
const requests = (connections) => (connections === 1 ? 2_000 : 100_000) / (quick ? 10 : 1)
const seconds = quick ? 1 : 3

const sorted = (numbers) => [...numbers].sort((one, other) => one - other)

const median = (numbers) => {
  const ordered = sorted(numbers)
  const half = ordered.length >> 1
  return ordered.length % 2 === 1 ? ordered[half] : (ordered[half - 1] + ordered[half]) / 2
}

const print = (line = "") => console.log(line)

/** Which cluster, when there are two, is measured first. */
let turn = 0

/** Measures each cell `rounds` times, all cells in turn, so that a slow minute is shared by all. */
const measure = async (cells) => {
  const runs = new Map(cells.map((cell) => [cell, { raftcache: [], etcd: [] }]))
  for (let round = 0; round < rounds; round++) {
    for (const cell of cells) {
      const measured = runs.get(cell)
      const steps = [async () => measured.raftcache.push(await cell.raftcache())]
      if (cell.etcd) steps.push(async () => measured.etcd.push(await cell.etcd()))
      if (turn++ % 2 === 1) steps.reverse()
      for (const step of steps) await step()
    }
  }
  return runs
}

const row = (name, cells) => `${name.padEnd(24)}${cells.map((cell) => cell.padStart(11)).join("")}`

const figures = (runs) => [
  median(runs.map(({ rate }) => rate)).toFixed(0),
  median(runs.map(({ p50 }) => p50)).toFixed(2),
  median(runs.map(({ p99 }) => p99)).toFixed(2)
]

/** Of the pairs of neighbouring runs: the median, and from the least to the greatest. */
const ratio = ({ etcd, raftcache }) => {
  const ratios = sorted(raftcache.map(({ rate }, at) => rate / etcd[at].rate))
  const [least, greatest] = [ratios[0], ratios.at(-1)].map((each) => each.toFixed(2))
  const range = rounds === 1 ? "" : ` (${least} to ${greatest})`
  return `   ${median(ratios).toFixed(2)}x${range}`
}

const describeMachine = async (folder) => {
  const cores = OperatingSystem.cpus()
  const first = (text) => text?.trim().split("\n")[0].replace(" Version:", "")
  const etcd = first(await Processes.ask("etcd", ["--version"]))
  print(`${cores.length} cores (${cores[0]?.model.trim()}), ${process.platform} ${process.arch}`)
  const benchmark = first(await Processes.ask("redis-benchmark", ["--version"]))
  print([`node ${process.versions.node}`, benchmark, etcd].filter(Boolean).join(", "))
  print(`data in ${folder}`)
  if (statfsSync(folder).type === TMPFS) {
    print("  which is in memory: nothing here waits for a disk; use --data for a folder that does")
  }
}

/** Two clusters, or why there is only one. */
const startEtcd = async (folder) => {
  if ((await Processes.ask("etcd", ["--version"])) === undefined) {
    return print("etcd is not installed: measured without a comparison")
  }
  const program = await Etcd.compile(folder)
  if (program === undefined) {
    return print("there is no C compiler (cc) for etcd's client: measured without a comparison")
  }
  const { leader, nodes, stop } = await Etcd.startCluster(folder)
  const load = (options) => Etcd.load(program, { ...options, seconds })
  return { leader, follower: nodes.find((node) => node !== leader), load, stop }
}

const cellsOf = (leader, follower, etcd) => {
  const cells = []
  for (const connections of [64, 1]) {
    for (const at of ["leader", "follower"]) {
      for (const [operation, etcdOperation] of [["set", "put"], ["get", "get"]]) {
        const options = { connections, keys: KEYS, valueBytes: VALUE_BYTES }
        const { port } = at === "leader" ? leader : follower
        cells.push({
          name: `${operation} ${at} c=${connections}`,
          raftcache: () =>
            Raftcache.load({ ...options, operation, port, requests: requests(connections) }),
          etcd: etcd &&
            (() => etcd.load({ ...options, operation: etcdOperation, port: etcd[at].port }))
        })
      }
    }
  }
  return cells
}

const benchRequests = async (cluster, etcd) => {
  const leader = await cluster.leader()
  const follower = cluster.nodes.find((node) => node !== leader)
  const cells = cellsOf(leader, follower, etcd)
  // The first runs are not counted: caches are cold, and most keys are not there yet.
  for (const cell of cells.slice(0, 2)) {
    await cell.raftcache()
    await cell.etcd?.()
  }
  const runs = await measure(cells)
  print()
  print(`${VALUE_BYTES}-byte values, ${KEYS} keys, linearizable; median of ${rounds}`)
  const etcdTitles = etcd ? ["etcd", "p50 ms", "p99 ms"] : []
  print(row("", ["requests/s", "p50 ms", "p99 ms", ...etcdTitles]))
  for (const [{ name }, measured] of runs) {
    const cells = [...figures(measured.raftcache), ...(etcd ? figures(measured.etcd) : [])]
    print(row(name, cells) + (etcd ? ratio(measured) : ""))
  }
}

const benchFailover = async (cluster) => {
  const times = []
  for (let kill = 0; kill < kills; kill++) times.push(await Failover.measure(cluster))
  print()
  for (const line of Failover.tell(times)) print(line)
}

const benchStart = async () => {
  const times = []
  for (let start = 0; start < starts; start++) {
    const startedAt = performance.now()
    await Processes.run(process.execPath, [Raftcache.MAIN, "--version"])
    times.push(performance.now() - startedAt)
  }
  print()
  print(`raftcache --version: median ${median(times).toFixed(0)} ms`)
}

const folder = mkdtempSync(join(resolve(data ?? OperatingSystem.tmpdir()), "raftcache-bench-"))
try {
  await describeMachine(folder)
  if ((await Processes.ask("redis-benchmark", ["--version"])) === undefined) {
    throw new Error("redis-benchmark is needed: install redis-tools")
  }
  const cluster = await Raftcache.startCluster(folder)
  const etcd = await startEtcd(folder)
  await benchRequests(cluster, etcd)
  await etcd?.stop()
  await benchFailover(cluster)
  await cluster.stop()
  await benchStart()
} catch (error) {
  console.error(`bench: ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
// Whatever still runs is ended on the way out.
process.exit()
