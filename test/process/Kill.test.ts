/**
 * `kill -9`: what a cluster owes its clients when processes end without a word.
 */
import { afterEach, describe, it } from "@effect/vitest"
import { cleanUp, Cluster } from "./Cluster.js"
import { Load } from "./Load.js"

/** Acknowledged writes between two acts of violence: enough to know that all goes on. */
const A_WHILE = 100

afterEach(cleanUp)

describe("a cluster under load", () => {
  it("loses no answer when its leader is killed five times in a row", async () => {
    const cluster = await Cluster.start()
    const load = new Load(cluster)
    await load.more(A_WHILE)
    for (let round = 0; round < 5; round++) {
      const leader = await cluster.leader()
      await leader.end("SIGKILL")
      await load.more(A_WHILE)
      await leader.start()
      await load.more(A_WHILE)
    }
    await load.stop()
    await load.verify()
  })

  it("loses no answer when all its nodes are killed at once", async () => {
    const cluster = await Cluster.start()
    const load = new Load(cluster)
    for (let round = 0; round < 3; round++) {
      await load.more(A_WHILE)
      await Promise.all(cluster.nodes.map((node) => node.end("SIGKILL")))
      await Promise.all(cluster.nodes.map((node) => node.start()))
    }
    await load.more(A_WHILE)
    await load.stop()
    await load.verify()
  })
})
