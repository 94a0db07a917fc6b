import { assert, describe, it } from "@effect/vitest"
import { Config, Effect, Either } from "effect"
import { afterEach } from "vitest"
import * as Flags from "../../src/cli/Flags.js"

const spec = { data: { type: "string" }, heartbeat: { type: "string" } } as const

const config = Config.all({
  data: Config.nonEmptyString("DATA"),
  heartbeat: Config.withDefault(Flags.integer("HEARTBEAT", 1, 100), 50)
})

const read = (argv: ReadonlyArray<string>) =>
  Effect.either(
    Effect.flatMap(Flags.provider(argv, spec), (source) => Flags.read(config, source))
  )

const refusal = (argv: ReadonlyArray<string>) =>
  Effect.map(read(argv), Either.match({ onLeft: ({ message }) => message, onRight: () => "read" }))

describe("the flags", () => {
  afterEach(() => {
    delete process.env.RAFTCACHE_DATA
    delete process.env.RAFTCACHE_HEARTBEAT
  })

  it.effect("come before the environment, which comes before the defaults", () =>
    Effect.gen(function*() {
      process.env.RAFTCACHE_DATA = "there"
      assert.deepStrictEqual(yield* read([]), Either.right({ data: "there", heartbeat: 50 }))
      process.env.RAFTCACHE_HEARTBEAT = "70"
      assert.deepStrictEqual(
        yield* read(["--data", "here"]),
        Either.right({ data: "here", heartbeat: 70 })
      )
      assert.deepStrictEqual(
        yield* read(["--data=here", "--heartbeat", "90"]),
        Either.right({ data: "here", heartbeat: 90 })
      )
    }))

  it.effect("that are wrong are named together with what is wrong", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal([]), "--data is missing")
      assert.strictEqual(
        yield* refusal(["--data", "x", "--heartbeat", "soon"]),
        `--heartbeat: Expected an integer value but received "soon"`
      )
      assert.strictEqual(
        yield* refusal(["--data", "x", "--heartbeat", "0"]),
        "--heartbeat: Expected a number from 1 to 100"
      )
      assert.strictEqual(yield* refusal(["--dat", "x"]), "Unknown option '--dat'")
      assert.strictEqual(
        yield* refusal(["--data"]),
        "Option '--data <value>' argument missing"
      )
    }))

  it.effect("that are wrong in the environment are named as flags, too", () =>
    Effect.gen(function*() {
      process.env.RAFTCACHE_HEARTBEAT = "soon"
      assert.strictEqual(
        yield* refusal(["--data", "x"]),
        `--heartbeat: Expected an integer value but received "soon"`
      )
    }))
})
