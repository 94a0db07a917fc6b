/**
 * Data folders that a node must not or cannot use. It then stops with exit code 1 and says what is
 * wrong, why it stops and what to do, and nothing else comes to harm.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as FileSystem from "node:fs"
import { join } from "node:path"
import type { TestContext } from "vitest"
import { cleanUp, Cluster, temporaryDisk } from "./Cluster.js"
import type { Node } from "./Cluster.js"
import { Load } from "./Load.js"
import type { Program } from "./Program.js"
import * as Tool from "./Tool.js"

const A_WHILE = 50
const DISK_MEGABYTES = 32

afterEach(cleanUp)

const smallDisk = (context: TestContext): string => {
  const disk = temporaryDisk(DISK_MEGABYTES)
  return "folder" in disk
    ? disk.folder
    : Tool.skip(context, `nothing can be mounted here: ${disk.why}`)
}

/** Takes all the space there is. */
const fill = (disk: string): string => {
  const file = join(disk, "filler")
  const handle = FileSystem.openSync(file, "w")
  for (let bytes = 1 << 20; bytes >= 1; bytes >>= 1) {
    try {
      while (true) FileSystem.writeSync(handle, Buffer.alloc(bytes))
    } catch (error) {
      assert.strictEqual((error as NodeJS.ErrnoException).code, "ENOSPC")
    }
  }
  FileSystem.closeSync(handle)
  return file
}

/** It says so in its one line, and stops. */
const assertRefused = async (program: Program, ...what: ReadonlyArray<RegExp>): Promise<void> => {
  assert.deepStrictEqual(await program.ended, { code: 1, signal: null }, program.output)
  assert.match(program.output, /^raftcache: .*\bdata folder \//m)
  for (const pattern of what) assert.match(program.output, pattern)
}

/** A cluster with something in it, all of whose nodes were stopped. */
const stopped = async (): Promise<Cluster> => {
  const cluster = await Cluster.start()
  const client = await cluster.nodes[0]!.connect()
  for (let at = 0; at < 20; at++) {
    assert.strictEqual(await client.send("SET", `key-${at}`, "v".repeat(100)), "OK")
  }
  await Promise.all(cluster.nodes.map((node) => node.end("SIGTERM")))
  return cluster
}

const logOf = ({ folder }: Node): string => {
  const [file] = FileSystem.readdirSync(folder).filter((name) => name.includes("log"))
  return join(folder, file ?? "there is no log")
}

describe("a data folder", () => {
  it("serves one process: a second is refused, and the first goes on", async () => {
    const cluster = await Cluster.start()
    const [node] = cluster.nodes
    const first = node!.program
    await assertRefused(node!.launch(), /in use by another running node/, /stop the other/)
    const client = await node!.connect()
    assert.strictEqual(await client.send("SET", "key", "value"), "OK")
    assert.deepStrictEqual(await first.signal("SIGTERM"), { code: 0, signal: null })
  })

  it("is free again at once when its process was killed", async () => {
    const cluster = await Cluster.start()
    const [node] = cluster.nodes
    await node!.end("SIGKILL")
    await node!.start()
  })

  it("that is damaged stops the node; the others go on", async () => {
    const cluster = await stopped()
    const [node, ...others] = cluster.nodes
    const file = logOf(node!)
    const bytes = FileSystem.readFileSync(file)
    bytes[bytes.length >> 1]! ^= 1
    FileSystem.writeFileSync(file, bytes)
    await assertRefused(node!.launch(), /is damaged/, /byte \d+/, /restore the node/)
    assert.deepStrictEqual(FileSystem.readFileSync(file), bytes, "it was touched")
    await Promise.all(others.map((other) => other.start()))
    const client = await others[0]!.connect()
    assert.strictEqual(await client.send("GET", "key-19"), "v".repeat(100))
    assert.strictEqual(await client.send("SET", "key-19", "new"), "OK")
  })

  it("without its log, or with files of others, or of another node, is refused", async () => {
    const cluster = await stopped()
    const [one, other, third] = cluster.nodes as [Node, Node, Node]
    FileSystem.rmSync(logOf(one))
    await assertRefused(one.launch(), /is damaged/, /nothing is left of it/)
    FileSystem.rmSync(join(other.folder, "identity"))
    await assertRefused(other.launch(), /is not this node's/, /its own/)
    FileSystem.rmSync(one.folder, { recursive: true })
    FileSystem.renameSync(third.folder, one.folder)
    await assertRefused(one.launch(), /it belongs to the node "n3"/, /its own folder/)
  })

  it("that cannot be written is refused", async (context) => {
    const disk = smallDisk(context)
    const cluster = await Cluster.make({ parents: [disk] })
    FileSystem.mkdirSync(cluster.nodes[0]!.folder)
    assert.strictEqual(spawnSync("mount", ["-o", "remount,ro", disk]).status, 0)
    await assertRefused(cluster.nodes[0]!.launch(), /cannot be written/, /Make it writable/)
  })

  it("on a full disk stops the node, which comes back once there is space", async (context) => {
    const disks = [1, 2, 3].map(() => smallDisk(context))
    const cluster = await Cluster.start({ parents: disks })
    const load = new Load(cluster)
    await load.more(A_WHILE)
    const leader = await cluster.leader()
    const { program } = leader
    const ending = leader.giveUp()
    const filler = fill(disks[cluster.nodes.indexOf(leader)]!)
    await ending
    await assertRefused(
      program,
      /No space is left/,
      /nothing it acknowledged is lost/,
      /Free space/
    )
    await load.more(A_WHILE)
    FileSystem.rmSync(filler)
    await leader.start()
    await load.more(A_WHILE)
    await load.stop()
    await load.verify()
  })
})
