/**
 * What the tests of the cache draw: keys from a small world, so that commands meet, and commands
 * of every kind that the log carries.
 */
import { FastCheck as fc } from "effect"
import * as Command from "../../src/kv/Command.js"
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

const value = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  int64.map((number) => Latin1.encode(String(number)))
)

const ttl = fc.integer({ min: 1, max: 1_000 }).map(String)

const field = fc.constantFrom("f", "g", "h")

/** Requests that simulated clients make: what their model has, too. */
export const words = (key: fc.Arbitrary<Key.Key> = fewKeys): fc.Arbitrary<Command.Words> => {
  const request = (...parts: ReadonlyArray<string | fc.Arbitrary<string | Uint8Array>>) =>
    fc.tuple(...parts.map((part) => typeof part === "string" ? fc.constant(part) : part))
      .map((all) => Command.words(...all))
  return fc.oneof(
    request("set", key, value),
    request("set", key, value, fc.constantFrom("nx", "xx", "get", "keepttl")),
    request("set", key, value, fc.constantFrom("nx", "xx"), "get", "px", ttl),
    request("set", key, value, "ifeq", value),
    request("mset", key, value, key, value),
    request("del", key, key),
    request("incrby", key, int64.map(String)),
    request("cas", key, fc.oneof(fc.nat(20), fc.maxSafeNat()).map(String), value),
    request("pexpire", key, ttl),
    request("persist", key),
    request("pttl", key),
    request("hset", key, field, value),
    request("hdel", key, field, field),
    request("flushall")
  )
}

/** Limits about as large as what a few keys take. */
const memory = (key: fc.Arbitrary<Key.Key>): fc.Arbitrary<Command.Memory> =>
  fc.record({
    _tag: fc.constant("Memory" as const),
    limitBytes: fc.oneof(fc.constant(0), fc.nat(1_500), fc.maxSafeNat()),
    evicted: fc.array(fc.record({ key, revision: fc.nat(20) }), { maxLength: 3 })
  })

export const command = (
  key: fc.Arbitrary<Key.Key> = fewKeys
): fc.Arbitrary<Command.Command> =>
  fc.oneof(
    { weight: 12, arbitrary: words(key).map((words) => ({ _tag: "Call" as const, words })) },
    {
      weight: 1,
      arbitrary: fc.nat(3_000).map((millis) => ({ _tag: "Time" as const, millis }))
    },
    { weight: 1, arbitrary: memory(key) },
    {
      weight: 1,
      arbitrary: fc.record({
        _tag: fc.constant("Transaction" as const),
        watched: fc.array(fc.record({ key, revision: fc.oneof(fc.nat(20), fc.maxSafeNat()) }), {
          maxLength: 2
        }),
        calls: fc.array(words(key), { maxLength: 4 })
      })
    }
  )
