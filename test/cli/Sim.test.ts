import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, TestClock } from "effect"
import * as Sim from "../../src/cli/Sim.js"
import type { Lane } from "../../src/cli/SimPool.js"
import * as SimSeed from "../../src/cli/SimSeed.js"
import { engineOf, run, worldOf } from "./SimFake.js"
import type { Plan } from "./SimFake.js"

/** What a program reads: every line of the output. */
const json = (output: string) =>
  output.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>)

const simulate = (argv: string, plan: Plan = {}, files: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const said = worldOf(plan)
    for (const [file, text] of Object.entries(files)) said.files.set(file, text)
    const error = yield* run(argv.split(" ").filter((word) => word !== ""), said.world)
    return { ...said, output: said.output, errors: said.errors, error }
  })

describe("raftcache sim", () => {
  it.effect("without flags is a soak of the seeds 1 to 1,000", () =>
    Effect.gen(function*() {
      const { error, output } = yield* simulate("")
      assert.isUndefined(error)
      assert.match(output, /^1,000 seeds, none failed, in 0\.0 s$/m)
      assert.match(output, /500,500 acknowledged writes/)
      assert.match(output, /marks\n {4}election +500,500\n {4}truncation +1,000\n/)
    }))

  it.effect("prints with --json one object of totals as its last line", () =>
    Effect.gen(function*() {
      const { output } = yield* simulate("--seeds 3..5 --json")
      const [line] = output.split("\n")
      assert.match(line!, /^\{"seeds":3,"failed":0,"events":90,"simulatedMs":6002,"wallMs":0,/)
      assert.match(
        line!,
        /"ackedWrites":12,"marks":\{"election":12,"truncation":3\},"traceHash":"[0-9a-f]{16}"\}$/
      )
    }))

  it.effect("tells for one seed what was drawn, and gives its own trace hash", () =>
    Effect.gen(function*() {
      const { output } = yield* simulate("--seed 7")
      assert.match(output, /^seed 7: 3 nodes\n/)
      assert.match(output, /trace hash 0000000000000007$/m)
      const [line] = json((yield* simulate("--seed 7 --json")).output)
      assert.include(line, { seeds: 1, traceHash: "0000000000000007" })
    }))

  it.effect("has the same totals with one worker and with many", () =>
    Effect.gen(function*() {
      const one = yield* simulate("--seeds 1..40 --json --workers 1")
      const many = yield* simulate("--seeds 1..40 --json --workers 4")
      assert.strictEqual(many.output, one.output)
    }))

  it.effect("gives each node count that it is told", () =>
    Effect.gen(function*() {
      const [line] = json((yield* simulate("--seeds 1..2 --nodes 5 --json")).output)
      assert.include(line, { events: 100 })
    }))

  it.effect("fails with the violation and the command that repeats it", () =>
    Effect.gen(function*() {
      const { error, output } = yield* simulate("--seed 6 --nodes 2", { failing: { 6: "safety" } })
      const violation = "seed 6 failed: safety at 1.234567 s, event 8: seed 6 is bad"
      assert.deepStrictEqual(error, {
        _tag: "SimError",
        message: `${violation}\nrun it again: raftcache sim --seed 6 --nodes 2`
      })
      assert.include(output, `${violation}\n  raftcache sim --seed 6 --nodes 2\n`)
    }))

  it.effect("goes on after a failure, and names that of the smallest seed in the end", () =>
    Effect.gen(function*() {
      const failing = { 4: "one", 9: "two" }
      const { error, output } = yield* simulate("--seeds 1..10 --json", { failing })
      const lines = json(output)
      assert.deepStrictEqual(lines[0], {
        seed: 4,
        oracle: "one",
        message: "seed 4 is bad",
        atMs: 1_234,
        event: 8,
        events: 30,
        traceHash: "0000000000000004",
        command: "raftcache sim --seed 4"
      })
      assert.include(lines[1], { seed: 9, oracle: "two" })
      assert.include(lines[2], { seeds: 10, failed: 2 })
      assert.match(error!.message, /^2 of 10 seeds failed; seed 4 failed: one at /)
    }))

  it.effect("counts a simulator that gives up as a failed seed", () =>
    Effect.gen(function*() {
      const { error, output } = yield* simulate("--seeds 1..3 --shrink --trace x.html", {
        throwing: 2
      })
      assert.match(error!.message, /seed 2 failed: defect: Error: the simulator is wrong/)
      assert.match(error!.message, /run it again: raftcache sim --seed 2$/)
      assert.match(output, /nothing to shrink: the simulator itself gave up/)
      assert.match(output, /^3 seeds, 1 failed/m)
    }))

  it.effect("lives every life twice with --twice, and fails where two differ", () =>
    Effect.gen(function*() {
      assert.isUndefined((yield* simulate("--seeds 1..5", { diverging: 3 })).error)
      const { error } = yield* simulate("--seeds 1..5 --twice", { diverging: 3 })
      assert.match(error!.message, /seed 3 failed: determinism .*: event 3 differs$/m)
      assert.match(error!.message, /run it again: raftcache sim --seed 3 --twice$/)
    }))

  it.effect("fails a long soak of any clusters in which a required mark was never hit", () =>
    Effect.gen(function*() {
      const plan = { requiredMarks: ["election", "figure 8, in full"] }
      const { error } = yield* simulate("--seeds 1..1000", plan)
      assert.match(error!.message, /^in 1000 seeds this never happened:\n {2}figure 8, in full\n/)
      assert.notInclude(error!.message, "election")
      assert.isUndefined((yield* simulate("--seeds 1..999", plan)).error)
      assert.isUndefined((yield* simulate("--seeds 1..1000 --nodes 1", plan)).error)
    }))

  it.effect("shrinks the first failure into a replay file, and tells its story", () =>
    Effect.gen(function*() {
      const failing = { 4: "one", 9: "two" }
      const { error, files, output } = yield* simulate("--seeds 1..9 --shrink", { failing })
      assert.deepStrictEqual([...files], [
        ["raftcache-sim-4.json", `{"seed":4,"nodes":1,"oracle":"one"}`]
      ])
      assert.include(output, "a story of 1 node, 1 event\n")
      assert.include(output, "after 7 runs: raftcache sim --replay raftcache-sim-4.json\n")
      assert.match(error!.message, /raftcache sim --seed 4$/)
    }))

  it.effect("keeps its output for programs with --json", () =>
    Effect.gen(function*() {
      const { errors, output } = yield* simulate("--seed 4 --json --shrink --trace page.html", {
        failing: { 4: "one" }
      })
      const lines = json(output)
      assert.deepStrictEqual(lines.map((line) => Object.keys(line)[0]), [
        "seed",
        "shrunk",
        "trace",
        "seeds"
      ])
      assert.deepStrictEqual(lines[1], {
        shrunk: {
          seed: 4,
          file: "raftcache-sim-4.json",
          oracle: "one",
          events: 30,
          runs: 7,
          story: "a story of 1 node, 1 event"
        }
      })
      assert.match(errors, /^shrinking seed 4, which took 30 events\n/)
    }))

  it.effect("draws the only life, the first failure, or what is left of it after shrinking", () =>
    Effect.gen(function*() {
      const page = (argv: string, plan: Plan) =>
        Effect.map(
          simulate(`${argv} --trace page.html`, plan),
          ({ files, output }) => files.get("page.html") ?? output
        )
      const failing = { 4: "one" }
      const { 0: whole, 1: first, 2: left, 3: none } = yield* Effect.all([
        page("--seed 4", {}),
        page("--seeds 1..9", { failing }),
        page("--seeds 1..9 --shrink", { failing }),
        page("--seeds 1..9", {})
      ])
      assert.strictEqual(whole, "seed 4 | raftcache sim --seed 4 | 1")
      assert.strictEqual(first, "seed 4: one | raftcache sim --seed 4 | 1")
      assert.strictEqual(left, "seed 4: one | raftcache sim --replay raftcache-sim-4.json | 1")
      assert.match(none, /^no page to write: nothing failed$/m)
    }))

  it.effect("says which file it cannot write, and gives its summary all the same", () =>
    Effect.gen(function*() {
      const { error, output } = yield* simulate("--seed 4 --trace /page.html", {
        failing: { 4: "one" }
      })
      assert.match(error!.message, /run it again: .*\ncannot write \/page.html: read-only file/)
      assert.match(output, /^1 seed, 1 failed/m)
    }))

  it.effect("lives a recorded life again", () =>
    Effect.gen(function*() {
      const files = { "bad.json": `{"seed":4,"nodes":1,"oracle":"one"}` }
      const { error, output } = yield* simulate(
        "--replay bad.json --trace page.html",
        { failing: { 4: "one" } },
        files
      )
      assert.match(output, /^seed 4: 1 node\n/)
      assert.match(error!.message, /^seed 4 failed: one at .*\n.*raftcache sim --replay bad.json$/)
      const healed = yield* simulate("--replay bad.json", {}, files)
      assert.isUndefined(healed.error)
      assert.match(healed.output, /recorded because of one, which no longer fails/)
    }))

  it.effect("refuses a file that is no recording as wrong usage", () =>
    Effect.gen(function*() {
      const missing = yield* simulate("--replay none.json")
      assert.deepStrictEqual(missing.error, {
        _tag: "UsageError",
        message: "--replay: none.json: no such file"
      })
      const wrong = yield* simulate("--replay x.json", {}, { "x.json": "hello" })
      assert.deepStrictEqual(wrong.error, {
        _tag: "UsageError",
        message: "--replay: x.json: not a replay file"
      })
    }))

  it.effect("begins no seed after its minutes have passed", () =>
    Effect.gen(function*() {
      const said = worldOf({})
      const slow = (settings: SimSeed.Settings): Lane => ({
        run: (seed) =>
          Effect.delay(
            Effect.sync(() => SimSeed.run(engineOf({}), settings, seed)),
            "25 seconds"
          ),
        shrink: () => Effect.dieMessage("not asked")
      })
      const thread = (settings: SimSeed.Settings) => Effect.succeed(slow(settings))
      const argv = "--minutes 1 --seeds 5.. --workers 2 --json".split(" ")
      const fiber = yield* Effect.fork(Sim.run(argv, { ...said.world, thread }))
      yield* TestClock.adjust("90 seconds")
      yield* Fiber.join(fiber)
      // Two at a time from 5 on, at 0, 25 and 50 seconds.
      assert.include(json(said.output)[0], { seeds: 6, wallMs: 75_000, ackedWrites: 45 })
      assert.match(said.errors, /^2 seeds, 31\.0 s of 1 min 0 s {2}0 failed {2}/m)
    }))

  it.effect("gives the summary so far when it is interrupted, and still fails if a seed has", () =>
    Effect.gen(function*() {
      const plan = { failing: { 2: "one" } }
      const said = worldOf(plan)
      const thread = (settings: SimSeed.Settings) =>
        Effect.succeed<Lane>({
          run: (seed) =>
            seed < 4
              ? Effect.sync(() => SimSeed.run(engineOf(plan), settings, seed))
              : Effect.never,
          shrink: () => Effect.dieMessage("not asked")
        })
      const argv = "--json --shrink --workers 2".split(" ")
      const fiber = yield* Effect.fork(Sim.run(argv, { ...said.world, thread }))
      yield* TestClock.adjust("1 second")
      const exit = yield* Fiber.interrupt(fiber)
      const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
      assert.match(Option.getOrThrow(failure).message, /^1 of 3 seeds failed; seed 2 failed: one /)
      const lines = json(said.output)
      assert.lengthOf(lines, 2)
      assert.include(lines[1], { seeds: 3, failed: 1 })
      assert.lengthOf(said.files, 0)
    }))
})
