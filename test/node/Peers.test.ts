import { assert, describe, it } from "@effect/vitest"
import { Peers } from "../../src/node/Peers.js"
import type { Configuration } from "../../src/raft/Configuration.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as States from "../../src/raft/State.js"
import type { State } from "../../src/raft/State.js"
import type { Addresses } from "../../src/service/Network.js"

const bootstrap = Configurations.bootstrap(["n1", "n2"], { n1: "a:1", n2: "a:2" })

const booted = States.boot(
  {
    id: "n1",
    bootstrap,
    electionTimeoutTicks: 30,
    heartbeatTicks: 5,
    seed: 1,
    limits: States.defaultLimits
  },
  States.nothing
)

const replaced: Configuration = {
  ...Configurations.bootstrap(["n1", "n3"], { n1: "a:1", n3: "a:3" }),
  index: 7
}

/** What the network and the folder are told, in these states one after the other. */
const told = (...states: ReadonlyArray<State>) => {
  const peers: Array<Addresses> = []
  const settled: Array<readonly [number, ReadonlyArray<string>]> = []
  const self = new Peers(
    { setPeers: (addresses) => void peers.push(addresses) },
    (index, members) => void settled.push([index, members])
  )
  for (const state of states) self.turn(state)
  return { peers, settled }
}

describe("whom a node talks to", () => {
  it("is told once, when it starts", () => {
    const { peers, settled } = told(booted, { ...booted, now: 1 })
    assert.deepStrictEqual(peers, [{ n1: "a:1", n2: "a:2" }])
    assert.deepStrictEqual(settled, [[0, ["n1", "n2"]]])
  })

  it("changes with the configuration that counts, committed or not, and back", () => {
    const changed: State = {
      ...booted,
      configuration: replaced,
      earlierConfigurations: [bootstrap]
    }
    const { peers, settled } = told(booted, changed, booted)
    assert.deepStrictEqual(peers[1], { n1: "a:1", n3: "a:3" })
    assert.deepStrictEqual(peers[2], peers[0])
    assert.deepStrictEqual(settled, [[0, ["n1", "n2"]]])
  })

  it("includes who was left out, where it was, as long as it must hear of that", () => {
    const changed: State = {
      ...booted,
      configuration: replaced,
      earlierConfigurations: [bootstrap],
      commit: 7,
      parting: { n2: { index: 7, until: 100 } }
    }
    const { peers, settled } = told(changed, { ...changed, parting: {} })
    assert.deepStrictEqual(peers, [
      { n1: "a:1", n3: "a:3", n2: "a:2" },
      { n1: "a:1", n3: "a:3" }
    ])
    assert.deepStrictEqual(settled, [[7, ["n1", "n3"]]])
  })
})
