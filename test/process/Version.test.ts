/**
 * A node of another version at a real node's door.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import * as Net from "node:net"
import { join } from "node:path"
import * as Frame from "../../src/wire/Frame.js"
import * as Handshake from "../../src/wire/Handshake.js"
import { cleanUp, freePorts, temporaryFolder } from "./Cluster.js"
import { Program } from "./Program.js"

afterEach(cleanUp)

const n2: Handshake.Identity = { clusterId: "any", nodeId: "n2", incarnation: "any" }

/** What a node that listens on `port` answers. */
const answerTo = (port: number, hello: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const splitter = new Frame.Splitter()
    const socket = Net.connect(port, "127.0.0.1")
    socket.on("error", reject)
    socket.on("data", (piece) => {
      splitter.feed(new Uint8Array(piece), resolve)
    })
    socket.on("close", () => reject(new Error("there was no answer")))
    socket.write(Frame.encode(hello))
  })

describe("a node that speaks other protocols than this one", () => {
  it("is refused, and both are told what each speaks", async () => {
    const [port, otherPort, redisPort] = await freePorts(3)
    const peers = `n1=127.0.0.1:${port},n2=127.0.0.1:${otherPort}`
    const redis = `127.0.0.1:${redisPort}`
    const data = join(temporaryFolder(), "n1")
    const words = ["--id", "n1", "--peers", peers, "--redis", redis, "--data", data]
    const program = new Program(words)
    await program.said(/ready for Redis clients/)
    const versions = { min: Handshake.VERSION_MAX + 1, max: Handshake.VERSION_MAX + 2 }
    const answer = await answerTo(port!, Handshake.hello(n2, "n1", versions))
    const refused = Handshake.examineAnswer(answer, "n1", { self: n2 })
    const { VERSION_MAX, VERSION_MIN } = Handshake
    const why = `the peer speaks protocol ${versions.min} to ${versions.max}, n1 speaks ` +
      `${VERSION_MIN} to ${VERSION_MAX}: upgrade the older one`
    assert(refused._tag === "Refused")
    assert.strictEqual(refused.reason, "RefusedByPeer")
    assert.include(refused.message, why)
    await program.said(new RegExp(why))
  })
})
