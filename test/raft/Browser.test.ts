import { assert, describe, it } from "@effect/vitest"
import { buildSync } from "esbuild"
import { fileURLToPath } from "node:url"
import { createContext, runInContext } from "node:vm"
import type * as Core from "../../src/raft/index.js"

const entrance = fileURLToPath(new URL("../../src/raft/index.ts", import.meta.url))

/** The core as a browser would load it, in a realm with the language and nothing else. */
const loadBare = (): typeof Core => {
  const { metafile, outputFiles } = buildSync({
    entryPoints: [entrance],
    bundle: true,
    platform: "browser",
    format: "iife",
    globalName: "core",
    write: false,
    metafile: true,
    logLevel: "silent"
  })
  for (const path of Object.keys(metafile.inputs)) assert.match(path, /^src\/raft\//)
  const realm = createContext(Object.create(null))
  runInContext("delete globalThis.Date; delete Math.random; delete globalThis.console", realm)
  runInContext(outputFiles[0]?.text ?? "", realm)
  return runInContext("core", realm)
}

/** Runs `event` and everything that follows from it on a node with a perfect disk. */
const run = (
  core: typeof Core,
  start: Core.State.State,
  event: Core.Event.Event
): readonly [Core.State.State, ReadonlyArray<Core.Action.Action>] => {
  const [state, actions] = core.Raft.step(start, event)
  let after = state
  const all = [...actions]
  for (const action of actions) {
    const answer: Core.Event.Event | undefined = action._tag === "Persist"
      ? { _tag: "Persisted", seq: action.seq }
      : action._tag === "Apply"
      ? { _tag: "Applied", index: action.entries.at(-1)?.index ?? 0 }
      : undefined
    if (answer === undefined) continue
    const [next, more] = run(core, after, answer)
    after = next
    all.push(...more)
  }
  return [after, all]
}

describe("the core in a browser", () => {
  it("elects a node and commits its command, with no clock, no chance and no Node", () => {
    const core = loadBare()
    const booted = core.Raft.boot({
      id: "n1",
      bootstrap: core.Configuration.bootstrap(["n1"]),
      electionTimeoutTicks: 10,
      heartbeatTicks: 2,
      seed: 1,
      limits: core.State.defaultLimits
    }, core.State.nothing)

    const count = core.Raft.ticksUntilDue(booted)
    const [leader] = run(core, booted, { _tag: "Tick", count })
    assert.strictEqual(leader.role, "Leader")

    const bytes = Uint8Array.of(1, 2, 3)
    const [, actions] = run(core, leader, { _tag: "Propose", items: [{ ref: 7, bytes }] })
    assert.deepStrictEqual(
      actions.flatMap((action) =>
        action._tag === "Reply" ? [[action.ref, action.outcome._tag]] : []
      ),
      [[7, "Committed"]]
    )
  })
})
