/**
 * Who is let in by a node with passwords: clients, operators and nodes that join it. And that a
 * node without one lets in nobody from elsewhere.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { writeFileSync } from "node:fs"
import * as Path from "node:path"
import { cleanUp, freePorts, temporaryFolder } from "./Cluster.js"
import { Program } from "./Program.js"
import { Refusal, RespClient } from "./RespClient.js"

afterEach(cleanUp)

const PASSWORD = "pässword with spaces"

/** n1, alone, with what more it is told. */
const alone = async (redisHost: string, ...more: ReadonlyArray<string>) => {
  const folder = temporaryFolder()
  const [peerPort, redisPort] = await freePorts(2)
  const passwordFile = Path.join(folder, "password")
  writeFileSync(passwordFile, `${PASSWORD}\n`)
  const where = ["--peers", `n1=127.0.0.1:${peerPort}`, "--redis", `${redisHost}:${redisPort}`]
  const program = new Program(
    ["--id", "n1", ...where, "--data", Path.join(folder, "n1"), ...more],
    {
      workingFolder: folder
    }
  )
  return { folder, passwordFile, program, redisPort: redisPort! }
}

describe("a node", () => {
  it("without a password does not start to serve other machines", async () => {
    const { program } = await alone("0.0.0.0")
    assert.deepStrictEqual(await program.ended, { code: 1, signal: null })
    assert.match(program.output, /--requirepass-file.*--protected-mode no/)
  })

  it("without a password does so when the network is said to keep others out", async () => {
    const { program } = await alone("0.0.0.0", "--protected-mode", "no")
    await program.said(/ready for Redis clients/)
  })

  it("with a password lets in clients, operators and nodes that have it", async () => {
    const { folder, passwordFile, program, redisPort } = await alone(
      "0.0.0.0",
      "--requirepass-file",
      "password"
    )
    await program.said(/ready for Redis clients/)
    const client = await RespClient.connect(redisPort)
    assert.deepStrictEqual(
      await client.send("GET", "a"),
      new Refusal("NOAUTH Authentication required.")
    )
    client.close()

    const status = ["status", "--at", `127.0.0.1:${redisPort}`]
    const stranger = new Program(status)
    assert.strictEqual((await stranger.ended).code, 1)
    assert.include(stranger.output, "NOAUTH")
    const operator = new Program([...status, "--password-file", passwordFile])
    assert.strictEqual((await operator.ended).code, 0, operator.output)

    const [peerPort, joinedPort] = await freePorts(2)
    const where = ["--listen", `127.0.0.1:${peerPort}`, "--redis", `127.0.0.1:${joinedPort}`]
    const data = ["--data", Path.join(folder, "n2")]
    const joined = new Program(
      ["--id", "n2", "--join", `127.0.0.1:${redisPort}`, ...where, ...data],
      { environment: { RAFTCACHE_REQUIREPASS: PASSWORD } }
    )
    await joined.said(/ready for Redis clients/)
  })
})
