/**
 * The thread in which a mutant lives, bundled together with the mutant: lives the lives of one seed
 * after the other and tells of the first that breaks a promise.
 */
import { Either } from "effect"
import { parentPort, workerData } from "node:worker_threads"
import * as DecisionLog from "../../src/sim/DecisionLog.js"
import * as Replay from "../../src/sim/Replay.js"
import type { Report } from "../../src/sim/Report.js"
import * as Shrink from "../../src/sim/Shrink.js"
import * as Simulation from "../../src/sim/Simulation.js"
import * as Swarm from "../../src/sim/Swarm.js"
import type { Finding, Shrunk, Task, Told } from "./Hunt.js"

const { seeds, shrinks } = workerData as Task

const tell = (told: Told): void => parentPort!.postMessage(told)

const findingOf = ({ events, violation }: Report, seed: number): Finding | undefined =>
  violation === undefined
    ? undefined
    : { seed, oracle: violation.oracle, message: violation.message, events }

/** Operations, faults, and choices that are not the tame one. */
const lengthOf = ({ decisions, scenario: { faults, operations } }: Report): number =>
  operations.length + faults.length +
  DecisionLog.decisions(decisions).filter(({ index }) => index !== 0).length

/** Events lived to make one life smaller: some seconds. */
const SHRINK_EVENTS = 400_000

/** The smallest failing life found, and what its replay file gives when it is run. */
const shrunkOf = (report: Report): Shrunk => {
  const smallest = Shrink.shrink(report, { eventsLimit: SHRINK_EVENTS }).report
  const replay = Either.getOrThrow(Replay.decode(Replay.encode(smallest)))
  const again = Simulation.run(replay.scenario, { decisions: replay.decisions })
  return {
    length: lengthOf(smallest),
    oracle: smallest.violation?.oracle,
    isReplayed: again.traceHash === smallest.traceHash &&
      again.violation?.message === smallest.violation?.message
  }
}

const hunt = (): void => {
  for (let seed = 1; seed <= seeds; seed++) {
    const report = Simulation.run(Swarm.draw(seed))
    const finding = findingOf(report, seed)
    if (finding === undefined) continue
    tell({ _tag: "Found", finding })
    if (shrinks) tell({ _tag: "Shrunk", shrunk: shrunkOf(report) })
    return
  }
  tell({ _tag: "Clean" })
}

hunt()
