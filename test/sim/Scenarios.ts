/**
 * Small lives made by hand, for tests that are about one thing: a world in which nothing goes
 * wrong, to be changed in just that, and ways to let effects run in such a world.
 */
import { Effect, Exit } from "effect"
import type { Fiber } from "effect"
import * as Command from "../../src/kv/Command.js"
import * as State from "../../src/raft/State.js"
import type { Request } from "../../src/sim/Application.js"
import * as Chooser from "../../src/sim/Chooser.js"
import type { Fault, Link, Operation, Scenario, Trouble } from "../../src/sim/Scenario.js"
import { SimScheduler } from "../../src/sim/SimScheduler.js"
import { NOBODY } from "../../src/sim/Timeline.js"
import type { TraceEvent } from "../../src/sim/Trace.js"
import { World } from "../../src/sim/World.js"

/** Three nodes, of which nothing is asked. */
export const calm: Scenario = {
  seed: 1,
  nodes: 3,
  spares: 0,
  schedule: { _tag: "Fifo" },
  granularityMicros: 1,
  windowMicros: 0,
  electionTimeoutMillis: 300,
  heartbeatMillis: 50,
  requestTimeoutMillis: 2_000,
  limits: State.defaultLimits,
  snapshotBlockBytes: 1_000,
  segmentLimitBytes: 1 << 26,
  network: {
    delay: { leastMicros: 1_000, meanMicros: 0 },
    dropPerMille: 0,
    duplicatePerMille: 0,
    reorderPerMille: 0,
    heldBack: { leastMicros: 10_000, meanMicros: 0 },
    isUnordered: false,
    tellsUnreachable: true
  },
  disk: {
    write: { leastMicros: 0, meanMicros: 0 },
    sync: { leastMicros: 500, meanMicros: 0 },
    stallPerMille: 0,
    stall: { leastMicros: 10_000, meanMicros: 0 },
    survival: "none"
  },
  clocks: [],
  memory: [],
  faults: [],
  operations: [],
  safetyMicros: 4_000_000
}

export const scenario = (changes: Partial<Scenario>): Scenario => ({ ...calm, ...changes })

export const network = (
  changes: Partial<Scenario["network"]>
): Pick<Scenario, "network"> => ({ network: { ...calm.network, ...changes } })

export const disk = (
  changes: Partial<Scenario["disk"]>
): Pick<Scenario, "disk"> => ({ disk: { ...calm.disk, ...changes } })

/** From and to are milliseconds of simulated time. */
export const fault = (from: number, to: number, trouble: Trouble): Fault => ({
  atMicros: 1_000 * from,
  forMicros: 1_000 * (to - from),
  trouble
})

/** Both directions. */
export const linksBetween = (one: number, other: number): ReadonlyArray<Link> => [
  [one, other],
  [other, one]
]

export const set = (value: string): Request => ({
  kind: "write",
  bytes: Command.encodeCall(Command.words("set", "k1", value))
})

export const get: Request = {
  kind: "read",
  bytes: Command.encodeCall(Command.words("get", "k1"))
}

/** Of client 1, asked of n1, at the start, with all patience. */
export const operation = (id: number, changes: Partial<Operation> = {}): Operation => ({
  id,
  client: 1,
  atMicros: 0,
  node: 0,
  request: set(`v${id}`),
  patienceMicros: undefined,
  ...changes
})

/** One client's, `gapMillis` apart, each asked of the next node: a write, a read, and so on. */
export const operations = (count: number, gapMillis: number): ReadonlyArray<Operation> =>
  Array.from({ length: count }, (_, at) =>
    operation(at + 1, {
      atMicros: 1_000 * gapMillis * at,
      node: at % 3,
      ...at % 2 === 1 ? { request: get } : {}
    }))

export const world = (changes: Partial<Scenario> = {}, strategy = Chooser.fifo): World =>
  new World(scenario(changes), strategy, { from: 0, to: Infinity })

/** Lets the next thing happen. False when nothing is left to happen. */
export const step = (self: World): boolean => {
  const timer = self.timeline.next()
  if (timer === undefined) return false
  self.tasks.run(timer.run)
  return true
}

/** Until nothing is left to happen. */
export const settle = (self: World): void => {
  while (step(self));
}

/** Lets all happen that comes before that instant. */
export const advanceTo = (self: World, atMicros: number): void => {
  let hasCome = false
  self.timeline.at(atMicros, NOBODY, "test", () => {
    hasCome = true
  })
  while (!hasCome) step(self)
}

/** A fiber of that world, which has run until it waits for something. */
export const fork = <A, E>(
  self: World,
  effect: Effect.Effect<A, E>
): Fiber.RuntimeFiber<A, E> => {
  const scheduler = new SimScheduler("test", self.tasks)
  let fiber: Fiber.RuntimeFiber<A, E> | undefined
  self.tasks.run(() => {
    fiber = Effect.runFork(effect, { scheduler })
  })
  return fiber!
}

/** How it ended, if it has. */
export const ended = <A, E>(fiber: Fiber.RuntimeFiber<A, E>): Exit.Exit<A, E> | undefined =>
  fiber.unsafePoll() ?? undefined

/** Lets things happen until the effect has ended. */
export const perform = <A, E>(self: World, effect: Effect.Effect<A, E>): Exit.Exit<A, E> => {
  const fiber = fork(self, effect)
  while (ended(fiber) === undefined) {
    if (!step(self)) throw new Error("nothing is left to happen, and the effect has not ended")
  }
  return ended(fiber)!
}

/** What it succeeded with. */
export const value = <A, E>(self: World, effect: Effect.Effect<A, E>): A =>
  Exit.getOrElse(perform(self, effect), (cause) => {
    throw new Error(`the effect failed: ${cause}`)
  })

/** What it failed with. */
export const failure = <A, E>(self: World, effect: Effect.Effect<A, E>): E =>
  value(self, Effect.flip(effect))

type Tag = TraceEvent["_tag"]

/** The events of one kind, in order. */
export const events = <T extends Tag>(
  trace: ReadonlyArray<TraceEvent>,
  tag: T
): ReadonlyArray<Extract<TraceEvent, { readonly _tag: T }>> =>
  trace.filter((event): event is Extract<TraceEvent, { readonly _tag: T }> => event._tag === tag)

/** Those from one millisecond on up to, but not at, another. */
export const during = <E extends TraceEvent>(
  trace: ReadonlyArray<E>,
  from: number,
  to: number
): ReadonlyArray<E> =>
  trace.filter(({ atMicros }) => atMicros >= 1_000 * from && atMicros < 1_000 * to)
