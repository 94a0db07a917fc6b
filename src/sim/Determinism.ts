/**
 * Whether a life is the same when it is lived again. If it is not, something in it reads the real
 * clock, the real chance or what an earlier life has left behind, and the place where two lives
 * part is where to look for it: the checkpoints tell the window, and both are lived once more with
 * that window recorded.
 */
import { CHECKPOINT_EVENTS } from "./Recorder.js"
import type { Range } from "./Recorder.js"
import type { Report } from "./Report.js"
import type { Scenario } from "./Scenario.js"
import * as Simulation from "./Simulation.js"
import type { TraceEvent } from "./Trace.js"

/** Lives one life, and tells what happens in the range. */
export type Runner = (record: Range | "nothing") => Report

export interface Twice {
  /** Of the first run. */
  readonly report: Report
  /** Where and how the second differs from it, in words; undefined if it does not. */
  readonly divergence: string | undefined
}

export const runTwice = (
  scenario: Scenario,
  options: Omit<Simulation.Options, "record"> = {}
): Twice => {
  const run: Runner = (record) => Simulation.run(scenario, { ...options, record })
  return compare(run, run)
}

export const compare = (first: Runner, second: Runner): Twice => {
  const [one, other] = [first("nothing"), second("nothing")]
  if (signature(one) === signature(other)) return { report: one, divergence: undefined }
  const window = windowOf(one, other)
  const [oneTrace, otherTrace] = [first(window).trace, second(window).trace]
  const end = window.to === Infinity ? "the end" : `event ${window.to}`
  const divergence = [
    `Two runs of seed ${one.scenario.seed} are not the same: they part between event ` +
    `${window.from} and ${end}.`,
    ...difference(oneTrace, otherTrace),
    `  first run as a whole:  ${signature(one)}`,
    `  second run as a whole: ${signature(other)}`,
    "Something in the simulated code depends on the world outside, or on an earlier run."
  ]
  return { report: one, divergence: divergence.join("\n") }
}

/** All that two runs are compared by. */
const signature = ({ decisions, events, simulatedMicros, traceHash, violation }: Report): string =>
  `trace hash ${traceHash}, ${events} events in ${simulatedMicros} us, ` +
  `${decisions.count} choices, ` +
  (violation === undefined ? "no violation" : `${violation.oracle}: ${violation.message}`)

/** The events between the last checkpoint at which both were the same and the next. */
const windowOf = (one: Report, other: Report): Range => {
  // What the hash does not see may be anywhere.
  if (one.traceHash === other.traceHash) return { from: 0, to: Infinity }
  const { checkpoints } = one
  const { checkpoints: others } = other
  const parted = checkpoints.findIndex(({ hash }, at) => hash !== others[at]?.hash)
  const at = parted === -1 ? checkpoints.length : parted
  const from = checkpoints[at - 1]?.event ?? 0
  const isClosed = checkpoints[at] !== undefined && others[at] !== undefined
  return { from, to: isClosed ? from + CHECKPOINT_EVENTS : Infinity }
}

const difference = (
  one: ReadonlyArray<TraceEvent>,
  other: ReadonlyArray<TraceEvent>
): ReadonlyArray<string> => {
  const length = Math.max(one.length, other.length)
  for (let at = 0; at < length; at++) {
    const [left, right] = [tell(one[at]), tell(other[at])]
    if (left === right) continue
    return [
      ...(at === 0 ? [] : [`  the last they share:   ${tell(one[at - 1])}`]),
      `  first run, then:       ${left}`,
      `  second run, then:      ${right}`
    ]
  }
  return [
    `  Lived again, the ${length} things told of these events were the same in both: what differs`,
    "  is in bytes that are not told, or does not differ every time."
  ]
}

/** Without its number, which counts from the beginning of the window. */
const tell = (event: TraceEvent | undefined): string => {
  if (event === undefined) return "nothing"
  const { atMicros, number: _number, _tag, ...details } = event
  return `${_tag} at ${atMicros} us ${JSON.stringify(details)}`
}
