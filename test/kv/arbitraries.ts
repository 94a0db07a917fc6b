/**
 * What the tests of the cache draw: keys from a small world, so that commands meet, and every
 * command.
 */
import { FastCheck as fc } from "effect"
import type { Command } from "../../src/kv/Command.js"
import * as Key from "../../src/kv/Key.js"
import * as Latin1 from "../../src/kv/Latin1.js"

export const anyKey = fc.uint8Array({ maxLength: 300 }).map(Key.fromBytes)

const fewKeys = fc.constantFrom("", "a", "b", "\u0000\u00ff\r\n").map((key) => key as Key.Key)

const boundaries = [0n, 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n]

export const int64 = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -20n, max: 20n }),
    fc.constantFrom(...boundaries, ...boundaries.map((value) => -1n - value))
  )

const integer = int64.map((value) => Number.isSafeInteger(Number(value)) ? Number(value) : value)

const value = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  int64.map((number) => Latin1.encode(String(number)))
)

export const command = (key = fewKeys): fc.Arbitrary<Command> =>
  fc.oneof(
    fc.record({
      _tag: fc.constant("Set" as const),
      key,
      value,
      condition: fc.constantFrom("none" as const, "NX" as const, "XX" as const),
      get: fc.boolean()
    }),
    fc.record({ _tag: fc.constant("SetMany" as const), pairs: fc.array(fc.tuple(key, value)) }),
    fc.record({ _tag: fc.constant("Delete" as const), keys: fc.array(key) }),
    fc.record({ _tag: fc.constant("Increment" as const), key, by: integer }),
    fc.record({
      _tag: fc.constant("CompareAndSet" as const),
      key,
      expectedRevision: fc.oneof(fc.nat(20), fc.maxSafeNat()),
      value
    }),
    fc.constant({ _tag: "FlushAll" as const })
  )
