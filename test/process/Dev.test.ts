/**
 * `raftcache dev`, as a script would use it: without a terminal.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import * as Net from "node:net"
import { join } from "node:path"
import { cleanUp, temporaryFolder } from "./Cluster.js"
import { Program } from "./Program.js"
import { RespClient } from "./RespClient.js"

const WANTED_PORT = 6379

afterEach(cleanUp)

/** Resolves with the ports of all nodes. */
const ready = async (program: Program): Promise<ReadonlyArray<number>> => {
  const [, first, others] = await program.said(
    /redis:\/\/127\.0\.0\.1:(\d+)(?: {2}\(([\d, ]+): any)?/
  )
  await program.said(/stop {3}Ctrl-C/)
  return [first, ...(others ?? "").split(", ")].filter((port) => port !== "").map(Number)
}

describe("raftcache dev", () => {
  it("runs three nodes, each of which answers, keeps their data, and ends on SIGTERM", async () => {
    const workingFolder = temporaryFolder()
    for (const kept of [null, "value"]) {
      const program = new Program(["dev"], { workingFolder })
      const ports = await ready(program)
      assert.strictEqual(ports.length, 3)
      assert.match(program.output, /^raftcache \S+ {2}3 nodes {2}ready in \d+ ms {2}leader n[123] /)
      const clients = await Promise.all(ports.map((port) => RespClient.connect(port)))
      for (const client of clients) assert.strictEqual(await client.send("GET", "key"), kept)
      assert.strictEqual(await clients[0]!.send("SET", "key", "value"), "OK")
      for (const client of clients) assert.strictEqual(await client.send("GET", "key"), "value")
      assert.deepStrictEqual(await program.signal("SIGTERM"), { code: 0, signal: null })
    }
  })

  it("keeps nothing with --memory, and takes other ports than those in use", async () => {
    const workingFolder = temporaryFolder()
    const occupier = Net.createServer()
    // If somebody else has it already, so much the better.
    await new Promise<void>((resolve) => {
      occupier.once("error", () => resolve())
      occupier.listen(WANTED_PORT, "127.0.0.1", resolve)
    })
    const program = new Program(["dev", "--memory", "--nodes", "1"], { workingFolder })
    const [port, ...none] = await ready(program)
    assert.deepStrictEqual(none, [])
    assert.notStrictEqual(port, WANTED_PORT)
    const client = await RespClient.connect(port!)
    assert.strictEqual(await client.send("SET", "key", "value"), "OK")
    assert.deepStrictEqual(await program.signal("SIGINT"), { code: 0, signal: null })
    assert.isFalse(existsSync(join(workingFolder, "data")))
    occupier.close()
  })
})
