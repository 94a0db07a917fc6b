/**
 * Nodes of several versions on one network, as in the middle of a rolling upgrade.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, LogLevel, Queue } from "effect"
import * as TcpNetwork from "../../src/live/TcpNetwork.js"
import * as Members from "../../src/node/Members.js"
import type * as Handshake from "../../src/wire/Handshake.js"
import { join } from "../service/NetworkContract.js"
import * as RawPeer from "./RawPeer.js"

const one: Handshake.Versions = { min: 1, max: 1 }
const both: Handshake.Versions = { min: 1, max: 2 }
const two: Handshake.Versions = { min: 2, max: 2 }

/** n1 and n2, what each says when it is connected or not, and what each receives. */
const pair = (ofN1: Handshake.Versions, ofN2: Handshake.Versions) =>
  Effect.gen(function*() {
    const lines = yield* Queue.unbounded<string>()
    const logger = Logger.make(({ message }) => void lines.unsafeOffer(String(message)))
    const host = RawPeer.host
    const n1 = { id: "n1", host, port: yield* RawPeer.freePort }
    const n2 = { id: "n2", host, port: yield* RawPeer.freePort }
    const joined = (self: typeof n1, peer: typeof n1, versions: Handshake.Versions) =>
      join(
        TcpNetwork.layer({ ...RawPeer.options(self.id), listen: self, versions }),
        Members.addressesOf([peer])
      ).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Logger.withMinimumLogLevel(LogLevel.Debug)
      )
    return { n1: yield* joined(n1, n2, ofN1), n2: yield* joined(n2, n1, ofN2), lines }
  })

/** The next line that has this in it. */
const said = (lines: Queue.Queue<string>, what: string) =>
  Effect.repeat(Queue.take(lines), { until: (line) => line.includes(what) })

describe("two nodes of different versions", () => {
  it.scopedLive.each<[string, Handshake.Versions, Handshake.Versions, number]>([
    ["the older one dials", one, both, 1],
    ["the newer one dials", both, one, 1],
    ["both are new", both, both, 2]
  ])(
    "speak the newest that both know, and understand each other: %s",
    ([, dials, other, version]) =>
      Effect.gen(function*() {
        const { lines, n1, n2 } = yield* pair(dials, other)
        n1.send("n2", Uint8Array.of(1))
        n2.send("n1", Uint8Array.of(2))
        assert.deepStrictEqual(yield* Queue.take(n2.received), ["n1", Uint8Array.of(1)])
        assert.deepStrictEqual(yield* Queue.take(n1.received), ["n2", Uint8Array.of(2)])
        for (const peer of ["n1", "n2"]) {
          yield* said(lines, `connected to ${peer}, speaking protocol ${version}`)
        }
      })
  )

  it.scopedLive("without a common one do not talk, and each says what both speak", () =>
    Effect.gen(function*() {
      const { lines, n1, n2 } = yield* pair(one, two)
      n1.send("n2", Uint8Array.of(1))
      const line = yield* said(lines, "the peer speaks protocol")
      assert.match(line, /protocol (1 to 1, n2 speaks 2 to 2|2 to 2, n1 speaks 1 to 1): upgrade/)
      assert.strictEqual(yield* Queue.size(n2.received), 0)
    }))
})
