/**
 * `npm run bench:failover`: how long writes stand still when the leader is killed (kill -9), at the
 * default timeouts, under load, in real processes on this machine.
 *
 *   npm run bench:failover -- [--kills N]
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Failover from "./Failover.mjs"
import * as Raftcache from "./Raftcache.mjs"

const { kills } = parseArgs({ options: { kills: { type: "string", default: "20" } } }).values

const folder = mkdtempSync(join(tmpdir(), "raftcache-failover-"))
try {
  const cluster = await Raftcache.startCluster(folder)
  const times = []
  for (let kill = 0; kill < Number(kills); kill++) times.push(await Failover.measure(cluster))
  await cluster.stop()
  console.log(`each      ${times.map((time) => time.toFixed(0)).join(" ")} ms`)
  for (const line of Failover.tell(times)) console.log(line)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
// Whatever still runs is ended on the way out.
process.exit()
