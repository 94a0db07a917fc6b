/**
 * `raftcache wal` on the folders of real nodes: what it says is what the node says, and it leaves
 * the folder as it was.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import * as FileSystem from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { cleanUp, Cluster, temporaryFolder } from "./Cluster.js"
import type { Node } from "./Cluster.js"
import { Program } from "./Program.js"

afterEach(cleanUp)

const LOG = "000000000001.log"

/** A cluster with twenty keys, running. */
const filled = async (): Promise<Cluster> => {
  const cluster = await Cluster.start()
  const client = await cluster.nodes[0]!.connect()
  for (let at = 0; at < 20; at++) {
    assert.strictEqual(await client.send("SET", `key-${at}`, "v".repeat(100)), "OK")
  }
  return cluster
}

const stopped = async (): Promise<[Node, Node, Node]> => {
  const { nodes } = await filled()
  await Promise.all(nodes.map((node) => node.end("SIGTERM")))
  return [...nodes] as [Node, Node, Node]
}

const wal = async (action: string, node: Node, ...flags: ReadonlyArray<string>) => {
  const program = new Program(["wal", action, "--data", node.folder, ...flags])
  const { code } = await program.ended
  return { code, output: program.output, standardOutput: program.standardOutput }
}

/** All files of a folder, and when each was last written to. */
const snapshot = (folder: string) =>
  FileSystem.readdirSync(folder).sort().map((file) => {
    const { mtimeMs, size } = FileSystem.lstatSync(join(folder, file))
    return { file, mtimeMs, size }
  })

const alter = (file: string, change: (bytes: Buffer) => Buffer): void =>
  FileSystem.writeFileSync(file, change(FileSystem.readFileSync(file)))

describe("wal", () => {
  it("verifies and shows a stopped node's log, and leaves the folder as it was", async () => {
    const [node] = await stopped()
    const before = snapshot(node.folder)
    const verified = await wal("verify", node)
    assert.strictEqual(verified.code, 0, verified.output)
    assert.match(verified.output, /node n1 of n1 n2 n3\ncluster [0-9a-f]{16}, .* format 2\n/)
    assert.match(verified.output, /^sound: 1 segment, \d+ records, \d+ bytes, last entry \d+ of/m)
    const inspected = await wal("inspect", node, "--from", "3", "--to", "4")
    assert.strictEqual(inspected.code, 0, inspected.output)
    const entries = [...inspected.output.matchAll(/^ {4}entry (\d+) /gm)].map(([, index]) => index)
    assert.deepStrictEqual(entries, ["3", "4"])
    const { output } = await wal("inspect", node, "--lines", "2")
    assert.match(output, /^\d+ more lines: --lines \d+ shows all, --from and --to a part$/m)
    const json = JSON.parse((await wal("inspect", node, "--json")).standardOutput)
    assert.deepInclude(json, { sound: true, isRunning: false, linesLeftOut: 0 })
    assert.strictEqual(json.segments[0].file, LOG)
    assert.deepStrictEqual(snapshot(node.folder), before)
  })

  it("works while the node runs, says so, and does not disturb it", async () => {
    const { nodes: [node] } = await filled()
    const before = FileSystem.readdirSync(node!.folder).sort()
    const { code, output } = await wal("verify", node!)
    assert.strictEqual(code, 0, output)
    assert.match(output, /^a node is running on this folder/m)
    assert.match(output, /^sound: /m)
    assert.deepStrictEqual(FileSystem.readdirSync(node!.folder).sort(), before)
    const client = await node!.connect()
    assert.strictEqual(await client.send("SET", "key", "value"), "OK")
  })

  it("and the node name the same byte of a log that is damaged in the middle", async () => {
    const [node] = await stopped()
    const file = join(node.folder, LOG)
    alter(file, (bytes) => {
      bytes[bytes.length >> 1]! ^= 1
      return bytes
    })
    const before = FileSystem.readFileSync(file)
    const program = node.launch()
    assert.deepStrictEqual(await program.ended, { code: 1, signal: null }, program.output)
    const place = /is damaged: (000000000001\.log), byte (\d+): .*move it away/.exec(program.output)
    assert.isNotNull(place, program.output)
    const verified = await wal("verify", node)
    assert.strictEqual(verified.code, 1)
    assert.include(verified.output, `not sound: ${place![1]}, byte ${place![2]}\n`)
    assert.include(verified.output, place![0])
    const json = JSON.parse((await wal("verify", node, "--json")).standardOutput)
    const at = { file: LOG, byte: Number(place![2]) }
    assert.deepInclude(json, { sound: false, reason: "Corrupt", at })
    assert.deepStrictEqual(FileSystem.readFileSync(file), before)
  })

  it("tells a torn last write from damage, and leaves the cut to the node", async () => {
    const [node] = await stopped()
    const file = join(node.folder, LOG)
    alter(file, (bytes) => bytes.subarray(0, bytes.length - 1))
    const { size } = FileSystem.statSync(file)
    const { code, output } = await wal("verify", node)
    assert.strictEqual(code, 0, output)
    const torn = /^000000000001\.log, byte (\d+): \d+ bytes of a torn write, which was/m.exec(
      output
    )
    assert.isNotNull(torn, output)
    assert.strictEqual(FileSystem.statSync(file).size, size)
    await node.launch().said(new RegExp(`interrupted .* from byte ${torn![1]} on`))
  })

  it("and the node refuse a folder in a format of another version", async () => {
    const [node] = await stopped()
    const line = JSON.stringify({ format: 7 })
    const checksum = crc32(line).toString(16).padStart(8, "0")
    FileSystem.writeFileSync(join(node.folder, "identity"), `${line}\n${checksum}\n`)
    const program = node.launch()
    assert.deepStrictEqual(await program.ended, { code: 1, signal: null }, program.output)
    const verified = await wal("verify", node)
    assert.strictEqual(verified.code, 1)
    for (const { output } of [program, verified]) {
      assert.match(output, /identity is in format 7.* another version of raftcache: start that one/)
    }
  })

  it.each([
    ["no action", ["wal"], 2, /wal can "inspect" and "verify"/],
    ["an action that there is not", ["wal", "mend"], 2, /wal can .* not "mend"/],
    ["no folder", ["wal", "verify"], 2, /--data is missing/],
    ["a folder that is not there", ["wal", "verify", "--data", "./none"], 1, /cannot be read/],
    ["a folder of something else", ["wal", "verify", "--data", "."], 1, /it has no file "identity"/]
  ])("refuses %s and says why", async (_, words, code, why) => {
    const workingFolder = temporaryFolder()
    const program = new Program(words, { workingFolder })
    assert.strictEqual((await program.ended).code, code, program.output)
    assert.match(program.output, why)
    assert.isEmpty(FileSystem.readdirSync(workingFolder))
  })
})
