import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { CHECKPOINT_EVENTS, Recorder } from "../../src/sim/Recorder.js"

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

const hashOf = (words: ReadonlyArray<number>): string => {
  const recorder = new Recorder(undefined)
  for (const each of words) recorder.mix(each)
  return recorder.hash
}

const hashOfBytes = (...all: ReadonlyArray<ReadonlyArray<number>>): string => {
  const recorder = new Recorder(undefined)
  for (const bytes of all) recorder.mixBytes(Uint8Array.from(bytes))
  return recorder.hash
}

const happen = (recorder: Recorder, count: number): void => {
  for (let i = 0; i < count; i++) {
    recorder.begin(1_000 * i, 0)
    recorder.add(1_000 * i, { _tag: "Phase", text: `${i}` })
    recorder.end()
  }
}

const textsOf = (recorder: Recorder): ReadonlyArray<string> =>
  recorder.trace.map((event) => event._tag === "Phase" ? event.text : event._tag)

describe("the trace hash", () => {
  it("has 16 hex digits, also when nothing has happened", () => {
    assert.match(new Recorder(undefined).hash, /^[0-9a-f]{16}$/)
    fc.assert(fc.property(fc.array(word), (words) => /^[0-9a-f]{16}$/.test(hashOf(words))))
  })

  it("is another one when one word is another", () => {
    fc.assert(fc.property(fc.array(word, { minLength: 1 }), fc.nat(), word, (words, at, other) => {
      const place = at % words.length
      fc.pre(words[place] !== other)
      assert.notStrictEqual(hashOf(words), hashOf(words.with(place, other)))
    }))
  })

  it("tells the order of things", () => {
    fc.assert(fc.property(word, word, (one, other) => {
      fc.pre(one !== other)
      assert.notStrictEqual(hashOf([one, other]), hashOf([other, one]))
    }))
  })

  it("sees every byte, and where one payload ends", () => {
    const some = fc.array(fc.nat(255), { minLength: 1, maxLength: 20 })
    fc.assert(fc.property(some, fc.nat(), (bytes, at) => {
      const place = at % bytes.length
      const altered = bytes.with(place, bytes[place]! ^ 1)
      assert.notStrictEqual(hashOfBytes(bytes), hashOfBytes(altered))
      assert.notStrictEqual(hashOfBytes(bytes), hashOfBytes([...bytes, 0]))
    }))
    assert.notStrictEqual(hashOfBytes([1, 2], [3]), hashOfBytes([1], [2, 3]))
  })

  it("tells whom an event happened to, and when, also after more than an hour", () => {
    const begun = (atMicros: number, owner: number): string => {
      const recorder = new Recorder(undefined)
      recorder.begin(atMicros, owner)
      return recorder.hash
    }
    const all = [begun(5, 0), begun(6, 0), begun(5, 1), begun(5 + 0x1_0000_0000, 0)]
    assert.strictEqual(new Set(all).size, all.length)
  })
})

describe("checkpoints", () => {
  it("are kept each so many events, with the hash of then", () => {
    const [short, long] = [new Recorder(undefined), new Recorder(undefined)]
    happen(short, CHECKPOINT_EVENTS)
    happen(long, 2 * CHECKPOINT_EVENTS + 1)
    assert.deepStrictEqual(short.checkpoints, [{ event: CHECKPOINT_EVENTS, hash: short.hash }])
    assert.deepStrictEqual(long.checkpoints[0], short.checkpoints[0])
    assert.deepStrictEqual(
      long.checkpoints.map(({ event }) => event),
      [CHECKPOINT_EVENTS, 2 * CHECKPOINT_EVENTS]
    )
    assert.notStrictEqual(long.checkpoints[1]!.hash, long.checkpoints[0]!.hash)
  })
})

describe("the trace", () => {
  it("is empty unless somebody wants it", () => {
    const recorder = new Recorder(undefined)
    assert.isFalse(recorder.isRecording)
    happen(recorder, 3)
    assert.deepStrictEqual(recorder.trace, [])
  })

  it("keeps what happens in the wanted range of events, the first included, the last not", () => {
    const recorder = new Recorder({ from: 2, to: 4 })
    happen(recorder, 6)
    assert.deepStrictEqual(textsOf(recorder), ["2", "3"])
  })

  it("numbers what it keeps from 1 on, and says when it was", () => {
    const recorder = new Recorder({ from: 1, to: 3 })
    happen(recorder, 6)
    assert.deepStrictEqual(
      recorder.trace.map(({ atMicros, number }) => [number, atMicros]),
      [[1, 1_000], [2, 2_000]]
    )
  })

  it("leaves the hash as it is", () => {
    const [one, other] = [new Recorder(undefined), new Recorder({ from: 0, to: Infinity })]
    happen(one, 3)
    happen(other, 3)
    assert.strictEqual(one.hash, other.hash)
  })
})
