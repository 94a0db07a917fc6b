import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Handshake from "../../src/wire/Handshake.js"

const n1: Handshake.Identity = { clusterId: "c1", nodeId: "n1", incarnation: "i1" }
const n2: Handshake.Identity = { clusterId: "c1", nodeId: "n2", incarnation: "i2" }

const atN1: Handshake.Listener = { self: n1 }
const atN2: Handshake.Listener = { self: n2 }

const met: Handshake.Met = {
  _tag: "Met",
  peer: "n1",
  incarnation: "i1",
  version: Handshake.VERSION_MAX
}

const reason = (answer: Handshake.Met | Handshake.Refused): string =>
  answer._tag === "Met" ? "none" : answer.reason

const withVersions = (min: number, max: number, rest: Uint8Array): Uint8Array => {
  const payload = new Uint8Array(12 + rest.length)
  payload.set(Handshake.hello(n1, "n2").subarray(0, 12))
  payload.set(rest, 12)
  new DataView(payload.buffer).setUint32(4, min, true)
  new DataView(payload.buffer).setUint32(8, max, true)
  return payload
}

describe("a handshake", () => {
  it("lets two members of a cluster meet", () => {
    assert.deepStrictEqual(Handshake.examineHello(Handshake.hello(n1, "n2"), atN2), met)
    assert.deepStrictEqual(Handshake.examineAnswer(Handshake.accepted(n2, "n1"), "n2", atN1), {
      _tag: "Met",
      peer: "n2",
      incarnation: "i2",
      version: Handshake.VERSION_MAX
    })
  })

  it.each([
    ["another cluster", "WrongCluster", { ...n1, clusterId: "c2" }, "n2"],
    ["a node that looks for another", "WrongNode", n1, "n3"],
    ["itself", "WrongNode", n2, "n2"]
  ])("refuses %s", (_, expected, from, to) => {
    const hello = Handshake.examineHello(Handshake.hello(from, to), atN2)
    assert.strictEqual(reason(hello), expected)
    const answer = Handshake.examineAnswer(Handshake.accepted(from, to), "n1", atN2)
    assert.strictEqual(reason(answer), expected)
  })

  it("refuses another node than was dialled", () => {
    const n3 = { ...n2, nodeId: "n3" }
    const answer = Handshake.examineAnswer(Handshake.accepted(n3, "n1"), "n2", atN1)
    assert.strictEqual(reason(answer), "WrongNode")
  })

  it.each([
    ["newer", Handshake.VERSION_MAX + 1, 7],
    ["older", 0, 0]
  ])("refuses a build that is too much %s, whatever else it says", (_, min, max) => {
    const rest = Uint8Array.of(1, 2, 3)
    const answer = Handshake.examineHello(withVersions(min, max, rest), atN2)
    assert(answer._tag === "Refused")
    assert.strictEqual(answer.reason, "UnsupportedVersion")
    assert.include(answer.message, `speaks protocol ${min} to ${max}`)
  })

  it("accepts a newer build that still speaks the same version", () => {
    const rest = Handshake.hello(n1, "n2").subarray(12)
    assert.deepStrictEqual(Handshake.examineHello(withVersions(1, 7, rest), atN2), met)
  })

  const one = { min: 1, max: 1 }
  const two = { min: 2, max: 2 }
  const both = { min: 1, max: 2 }

  it.each([
    ["both speak more, the newest", both, both, 2],
    ["n1 is older, n1's", one, both, 1],
    ["n2 is older, n2's", both, one, 1],
    ["n1 has dropped the oldest, what is left", two, both, 2],
    ["both reach far, the newest common one", { min: 3, max: 9 }, { min: 2, max: 5 }, 5]
  ])("settles on one version for both ends: if %s", (_, theirs, ours, version) => {
    const hello = Handshake.hello(n1, "n2", theirs)
    const heard = Handshake.examineHello(hello, { ...atN2, versions: ours })
    assert.deepStrictEqual(heard, { ...met, version })
    const accepted = Handshake.accepted(n2, "n1", ours)
    const answer = Handshake.examineAnswer(accepted, "n2", { ...atN1, versions: theirs })
    assert.deepStrictEqual(answer, { _tag: "Met", peer: "n2", incarnation: "i2", version })
  })

  it("without a common version is refused, and names what both speak", () => {
    const hello = Handshake.hello(n1, "n2", { min: 3, max: 4 })
    const answer = Handshake.examineHello(hello, { ...atN2, versions: both })
    assert(answer._tag === "Refused")
    assert.strictEqual(answer.reason, "UnsupportedVersion")
    assert.include(answer.message, "the peer speaks protocol 3 to 4, n2 speaks 1 to 2: upgrade")
  })

  it("whose oldest version is above its newest is none", () => {
    const hello = Handshake.hello(n1, "n2", { min: 3, max: 2 })
    const answer = Handshake.examineHello(hello, { ...atN2, versions: { min: 1, max: 4 } })
    assert.strictEqual(reason(answer), "NoHandshake")
  })

  it("tells the one who is refused why, without trusting the text", () => {
    const told = Handshake.refused("not\nyou \u{1b}[31m")
    assert.deepStrictEqual(Handshake.examineAnswer(told, "n2", atN1), {
      _tag: "Refused",
      reason: "RefusedByPeer",
      message: "the peer refuses: not?you ?[31m"
    })
  })

  it("keeps within its limit, however long the names", () => {
    const long = { clusterId: "c".repeat(1000), nodeId: "n".repeat(1000), incarnation: "i" }
    const answer = Handshake.examineHello(Handshake.hello(long, "n2".repeat(500)), atN2)
    assert(answer._tag === "Refused")
    assert.isBelow(Handshake.refused(answer.message).length, Handshake.HANDSHAKE_LIMIT_BYTES)
  })

  it.prop("of random bytes is none", [fc.uint8Array()], ([bytes]) => {
    assert.strictEqual(reason(Handshake.examineHello(bytes, atN2)), "NoHandshake")
    const answer = reason(Handshake.examineAnswer(bytes, "n2", atN1))
    assert.include(["NoHandshake", "RefusedByPeer"], answer)
  })

  it.prop("cut short is none", [fc.nat()], ([cut]) => {
    const hello = Handshake.hello(n1, "n2")
    const short = hello.subarray(0, cut % hello.length)
    assert.strictEqual(reason(Handshake.examineHello(short, atN2)), "NoHandshake")
  })
})
