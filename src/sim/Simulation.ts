/**
 * A whole cluster's life in one synchronous call: the node program of production, on a network,
 * disks and clocks that go wrong as the scenario says. Nothing in it waits for anything real, so
 * the same scenario and decisions give the same life, event by event.
 */
import type { Application } from "./Application.js"
import { application as cache } from "./CacheApplication.js"
import * as Chooser from "./Chooser.js"
import { Clients } from "./Clients.js"
import type { DecisionLog } from "./DecisionLog.js"
import { Host } from "./Host.js"
import type { Ending } from "./Host.js"
import { Liveness } from "./Liveness.js"
import { Operator } from "./Operator.js"
import { Oracles } from "./Oracles.js"
import type { Range } from "./Recorder.js"
import type { Report } from "./Report.js"
import type { Scenario } from "./Scenario.js"
import { nodeId } from "./Scenario.js"
import { SimNetwork } from "./SimNetwork.js"
import * as Swarm from "./Swarm.js"
import { NOBODY } from "./Timeline.js"
import { Troubles } from "./Troubles.js"
import * as Witness from "./Witness.js"
import { World } from "./World.js"

export interface RunOptions {
  /** Default the cache. */
  readonly application?: Application
  /** Repeats these choices instead of making new ones. */
  readonly decisions?: DecisionLog
  /** Default nothing. A range counts events. */
  readonly record?: "nothing" | "everything" | Range
}

const EVERYTHING: Range = { from: 0, to: Infinity }

/** Events of one life, beyond which it is taken for endless. */
export const EVENTS_LIMIT = 20_000_000

export interface Options extends RunOptions {
  /** Any whole number. Default 1. */
  readonly seed?: number
  /** Members at the start, 1 to 7; in some lives others come. Default as the seed has it. */
  readonly nodes?: number
  /** Changes what the seed has drawn: other faults, other timeouts, other requests. */
  readonly adjust?: (drawn: Scenario) => Scenario
}

/** The life of a seed. The same options give the same report, on any machine. */
export const simulate = (options: Options = {}): Report => {
  const { adjust = (drawn) => drawn, seed = 1, ...rest } = options
  return run(adjust(Swarm.draw(seed, rest)), rest)
}

/** How the scenario wants choices to be made. */
const strategyOf = ({ schedule, seed }: Scenario): Chooser.Strategy => {
  switch (schedule._tag) {
    case "Fifo":
      return Chooser.fifo
    case "Random":
      return Chooser.random(seed)
    case "Pct":
      return Chooser.pct(seed, schedule.depth, schedule.steps)
  }
}

/** Lives the scenario to its end, or to the first broken promise. */
export const run = (scenario: Scenario, options: RunOptions = {}): Report => {
  const { application = cache, decisions, record = "nothing" } = options
  const strategy = decisions === undefined ? strategyOf(scenario) : Chooser.replay(decisions)
  const range = record === "everything" ? EVERYTHING : record === "nothing" ? undefined : record
  const world = new World(scenario, strategy, range)
  const oracles = new Oracles(world)
  const network = new SimNetwork(world, (from, to, payload) => oracles.sent(from, to, payload))
  const hosts: Array<Host> = []
  for (let node = 0; node < scenario.nodes; node++) {
    const onEnd = (how: Ending): void => clients.ended(node, how)
    hosts.push(new Host(node, world, network, oracles, application, onEnd))
  }
  const clients = new Clients(world, application, hosts)
  const operator = new Operator(world, oracles)
  const troubles = new Troubles(world, network, hosts, oracles, operator)
  const parts = { world, network, hosts, oracles, clients, troubles, operator, application }
  const liveness = new Liveness(parts)
  for (const host of hosts) {
    world.timeline.at(0, host.number, "start", () => host.start())
  }
  clients.schedule(scenario.operations)
  troubles.schedule(scenario.faults)
  liveness.schedule()
  markSize(world)

  const checkInvariants = invariantsOf(application, hosts, world)
  while (world.violation === undefined && !liveness.isOver && step(world, hosts, oracles)) {
    // What a trouble ends may start again at once, and that is fibers.
    world.tasks.run(() => troubles.look())
    checkInvariants()
  }
  if (world.violation === undefined) {
    const history = { calls: clients.calls, applied: oracles.commands }
    const wrong = Witness.check(history, application)
    if (wrong !== undefined) world.violate(wrong.oracle, wrong.message)
  }
  for (const { answer, command } of oracles.commands) {
    const mark = application.markOf?.(command, answer)
    if (mark !== undefined) world.marks.hit(mark)
  }
  for (const host of hosts) host.discard()
  return reportOf(world, clients)
}

/** Lets the next thing happen. False when nothing is left to happen. */
const step = (world: World, hosts: ReadonlyArray<Host>, oracles: Oracles): boolean => {
  const timer = world.timeline.next()
  if (timer === undefined) return false
  const { recorder } = world
  recorder.begin(world.nowMicros, timer.owner)
  if (timer.owner !== NOBODY && timer.why !== "message") {
    world.tell({ _tag: "Ran", node: nodeId(timer.owner), why: timer.why })
  }
  const isAtRest = world.tasks.run(timer.run)
  if (!isAtRest) world.violate("livelock", `no end of fibers that run after "${timer.why}"`)
  if (timer.owner !== NOBODY) oracles.observe(timer.owner)
  else for (const { number } of hosts) oracles.observe(number)
  recorder.end()
  if (recorder.events >= EVENTS_LIMIT) world.violate("livelock", `${EVENTS_LIMIT} events`)
  return true
}

const invariantsOf = (
  { invariants = [] }: Application,
  hosts: ReadonlyArray<Host>,
  world: World
) =>
(): void => {
  if (invariants.length === 0) return
  const machines = new Map(
    hosts.flatMap(({ id, replica }) => replica === undefined ? [] : [[id, replica.machine]])
  )
  for (const { check, name } of invariants) {
    const wrong = check(machines)
    if (wrong !== undefined) world.violate(name, wrong)
  }
}

const markSize = ({ marks, scenario: { nodes, spares } }: World): void => {
  const members = nodes - spares
  if (members === 1) marks.hit("single node")
  else if (members % 2 === 0) marks.hit("even cluster")
}

const reportOf = (world: World, { ackedReads, ackedWrites }: Clients): Report => {
  const { chooser, marks, nowMicros, recorder, scenario, violation } = world
  return {
    scenario,
    decisions: chooser.log,
    violation,
    events: recorder.events,
    simulatedMicros: nowMicros,
    ackedWrites,
    ackedReads,
    marks: marks.counts,
    traceHash: recorder.hash,
    checkpoints: recorder.checkpoints,
    trace: recorder.trace
  }
}
