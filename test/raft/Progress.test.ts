import { assert, describe, it } from "@effect/vitest"
import * as Progress from "../../src/raft/Progress.js"
import * as DeepFreeze from "./DeepFreeze.js"

const equal = assert.deepStrictEqual

/** Three appends on their way, of 10, 20 and 30 bytes, up to 4, 6 and 9. */
const streaming = (): Progress.Progress =>
  DeepFreeze.deepFreeze([[4, 10], [6, 20], [9, 30]].reduce(
    (progress, [last = 0, bytes = 0]) => Progress.sent(progress, last, bytes, 2),
    Progress.replicate({ ...Progress.unknown(4), match: 3 }, 4)
  ))

describe("a follower of which nothing is known", () => {
  it("is probed", () => {
    const { match, mode, next, paused } = Progress.unknown(7)
    equal([mode, match, next, paused], ["Probe", 0, 7, false])
  })

  it("is waited for after each probe, which moves nothing", () => {
    const probed = Progress.sent(Progress.unknown(7), 9, 50, 4)
    equal(probed, { ...Progress.unknown(7), paused: true, commitSent: 4 })
  })

  it("is streamed to from its first acceptance on", () => {
    const { match, mode, next, paused } = Progress.accepted(
      Progress.sent(Progress.unknown(7), 9, 50, 4),
      9
    )
    equal([mode, match, next, paused], ["Replicate", 9, 10, false])
  })
})

describe("a follower that is streamed to", () => {
  it("is sent the next entries next", () => {
    const { inflight, inflightBytes, match, next } = streaming()
    equal([match, next, inflightBytes], [3, 10, 60])
    equal(inflight.map(({ last }) => last), [4, 6, 9])
  })

  it("is sent nothing twice by an empty append", () => {
    equal(Progress.sent(streaming(), 9, 0, 8), { ...streaming(), commitSent: 8 })
  })

  it.each([
    [3, [4, 6, 9], 60],
    [4, [6, 9], 50],
    [5, [6, 9], 50],
    [6, [9], 30],
    [9, [], 0]
  ])("frees its window when it accepts up to %d, inclusive", (match, lasts, bytes) => {
    const after = Progress.accepted(streaming(), match)
    equal(after.inflight.map(({ last }) => last), lasts)
    equal([after.match, after.next, after.inflightBytes], [match, 10, bytes])
  })

  it("is not believed to have lost what it accepted before", () => {
    const after = Progress.accepted(Progress.accepted(streaming(), 6), 4)
    equal([after.match, after.next], [6, 10])
  })

  it("may have more than it was sent in this stream", () => {
    const after = Progress.accepted(streaming(), 12)
    equal([after.match, after.next, after.inflight], [12, 13, []])
  })
})

describe("a follower that is probed again", () => {
  it("has nothing on its way any more, and no news of the commit index", () => {
    equal(Progress.probe(streaming(), 6), {
      ...streaming(),
      mode: "Probe",
      next: 6,
      inflight: [],
      inflightBytes: 0,
      commitSent: 0
    })
  })

  it("is never probed at or below what it is known to have", () => {
    equal(Progress.probe(streaming(), 1).next, 4)
    equal(Progress.replicate(streaming(), 1).next, 4)
  })
})
