import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as SimOptions from "../../src/cli/SimOptions.js"

const jobOf = (argv: string) =>
  Effect.map(SimOptions.read(argv.split(" ").filter((word) => word !== "")), ({ job }) => job)

describe("what raftcache sim is told", () => {
  it.effect.each<readonly [string, SimOptions.Job]>([
    ["", { _tag: "Soak", first: 1, last: 1_000, forMillis: undefined }],
    ["--seeds 7..7", { _tag: "Soak", first: 7, last: 7, forMillis: undefined }],
    ["--minutes 0.5", { _tag: "Soak", first: 1, last: 0xffff_ffff, forMillis: 30_000 }],
    ["--minutes 2 --seeds 9..", { _tag: "Soak", first: 9, last: 0xffff_ffff, forMillis: 120_000 }],
    ["--minutes 2 --seeds 9..12", { _tag: "Soak", first: 9, last: 12, forMillis: 120_000 }],
    ["--seed 0", { _tag: "Seed", seed: 0 }],
    ["--seed 4294967295", { _tag: "Seed", seed: 0xffff_ffff }],
    ["--replay a.json", { _tag: "Replay", file: "a.json" }]
  ])("is clear from: %s", ([argv, job]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* jobOf(argv), job)
    }))

  it.effect.each<readonly [string, RegExp]>([
    ["--seed 4294967296", /^--seed: Expected a number from 0 to 4294967295$/],
    ["--seed -1", /--seed/],
    ["--seeds 9..3", /^--seeds: "9\.\.3" is not A\.\.B, two numbers from 0 to 4294967295/],
    ["--seeds 9", /^--seeds: "9" is not A\.\.B/],
    ["--seeds 1..4294967296", /^--seeds: /],
    ["--seeds 4294967296..", /^--seeds: /],
    ["--seeds 9..", /^--seeds: without --minutes it takes an end/],
    ["--minutes 0", /^--minutes: Expected a number above 0/],
    ["--nodes 10", /^--nodes: Expected a number from 1 to 9/],
    ["--workers 0", /^--workers: /],
    ["--seed 1 --minutes 1", /^--seed and --minutes do not go together$/],
    ["--seed 1 --seeds 1..2", /^--seed and --seeds do not go together$/],
    ["--replay a.json --nodes 3", /^--replay and --nodes do not go together$/],
    ["--replay a.json --twice", /^--replay and --twice do not go together$/],
    ["--sed 1", /'--sed'/]
  ])("is refused if it makes no sense: %s", ([argv, why]) =>
    Effect.gen(function*() {
      const { _tag, message } = yield* Effect.flip(jobOf(argv))
      assert.strictEqual(_tag, "UsageError")
      assert.match(message, why)
    }))
})
