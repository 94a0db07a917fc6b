import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Note from "../../src/wire/Note.js"

describe("a note", () => {
  it("says where a node serves clients", () => {
    assert.strictEqual(Note.read(Note.serves("[::1]:6379")), "[::1]:6379")
  })

  it.prop("of a later version, or of nobody, says nothing", [fc.uint8Array()], ([bytes]) => {
    if (bytes[0] !== 1) assert.isUndefined(Note.read(bytes))
    else assert.doesNotThrow(() => Note.read(bytes))
  })
})
