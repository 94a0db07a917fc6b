import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { OVERHEAD_BYTES, SendQueue } from "../../src/live/SendQueue.js"

const drain = (queue: SendQueue): ReadonlyArray<Uint8Array> => {
  const all: Array<Uint8Array> = []
  for (let it = queue.take(); it !== undefined; it = queue.take()) all.push(it)
  return all
}

describe("a queue of payloads to send", () => {
  it.prop("is first in first out", [fc.array(fc.uint8Array())], ([payloads]) => {
    const queue = new SendQueue()
    for (const payload of payloads) queue.offer(payload, Infinity)
    assert.deepStrictEqual(drain(queue), payloads)
  })

  it.prop(
    "keeps the newest payloads that fit, and always the last",
    [fc.array(fc.uint8Array(), { minLength: 1 }), fc.nat(2000)],
    ([payloads, limit]) => {
      const queue = new SendQueue()
      for (const payload of payloads) queue.offer(payload, limit)
      let from = payloads.length - 1
      let bytes = OVERHEAD_BYTES + payloads[from]!.length
      while (from > 0 && bytes + OVERHEAD_BYTES + payloads[from - 1]!.length <= limit) {
        from -= 1
        bytes += OVERHEAD_BYTES + payloads[from]!.length
      }
      assert.deepStrictEqual(drain(queue), payloads.slice(from))
    }
  )

  it("counts only what still waits", () => {
    const queue = new SendQueue()
    const payload = new Uint8Array(100)
    const limit = 2 * (OVERHEAD_BYTES + 100)
    for (let round = 0; round < 10; round++) {
      queue.offer(payload, limit)
      queue.offer(payload, limit)
      if (round % 2 === 0) queue.clear()
      assert.strictEqual(drain(queue).length, round % 2 === 0 ? 0 : 2)
    }
  })
})
