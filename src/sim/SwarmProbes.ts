/**
 * The moment at which a lease that is a little too long shows: the leader is cut off or paused, and
 * around the time at which the others elect another one, every node is read by its lease while
 * something is written. Few lives come to that by themselves.
 */
import type { Application, Request } from "./Application.js"
import type { Dice } from "./Dice.js"
import type { Fault, Operation, Trouble } from "./Scenario.js"

export interface Probes {
  readonly faults: ReadonlyArray<Fault>
  readonly operations: ReadonlyArray<Operation>
}

/** Instants of one probe, at each of which one node is written to and all are read. */
const INSTANTS = 30

/** Requests drawn to find one of the kind that is wanted. */
const DRAWS_LIMIT = 100

export interface Life {
  readonly nodes: number
  readonly safetyMicros: number
  readonly electionTimeoutMillis: number
  readonly application: Application
  /** Greater than every id and every client so far. */
  readonly firstId: number
}

export const draw = (dice: Dice, life: Life): Probes => {
  const { application, electionTimeoutMillis, firstId, nodes, safetyMicros } = life
  const timeoutMicros = 1_000 * electionTimeoutMillis
  const faults: Array<Fault> = []
  const operations: Array<Operation> = []
  const add = (kind: Request["kind"], node: number, atMicros: number): void => {
    const id = firstId + operations.length
    let request = application.request(id, (arity) => dice.below(arity))
    for (let draws = 0; request.kind !== kind && draws < DRAWS_LIMIT; draws++) {
      request = application.request(id, (arity) => dice.below(arity))
    }
    const own = { id, client: id, atMicros, node, request, patienceMicros: timeoutMicros }
    operations.push(request.kind === "read" ? { ...own, reads: "lease" } : own)
  }
  const times = dice.between(1, 3)
  for (let time = 0; time < times; time++) {
    const atMicros = 3 * timeoutMicros + dice.below(safetyMicros)
    const forMicros = timeoutMicros + dice.below(2 * timeoutMicros)
    if (atMicros + 3 * timeoutMicros > safetyMicros) continue
    faults.push(...trouble(dice, nodes, atMicros, forMicros, timeoutMicros))
    const stepMicros = Math.max(1, Math.floor(timeoutMicros / INSTANTS))
    for (let at = 0; at < INSTANTS; at++) {
      const instant = atMicros + Math.floor(0.8 * timeoutMicros) + at * stepMicros
      add("write", dice.below(nodes), instant)
      for (let node = 0; node < nodes; node++) add("read", node, instant + (stepMicros >> 1))
    }
  }
  return { faults, operations }
}

/** Sometimes the leader has just told another one to stand, or a node has just started again. */
const trouble = (
  dice: Dice,
  nodes: number,
  atMicros: number,
  forMicros: number,
  timeoutMicros: number
): ReadonlyArray<Fault> => {
  const main = dice.oneOf<Trouble>([
    { _tag: "Isolate", node: "leader", direction: "both" },
    { _tag: "Isolate", node: "leader", direction: "out" },
    { _tag: "Isolate", node: "leader", direction: "in" },
    { _tag: "Pause", node: "leader" }
  ])
  const faults: Array<Fault> = [{ atMicros, forMicros, trouble: main }]
  const before = atMicros - dice.between(0, 5_000)
  if (dice.chance(300)) {
    faults.push({
      atMicros: before,
      forMicros: 1,
      trouble: { _tag: "Transfer", node: "leader", to: dice.below(nodes) }
    })
  } else if (dice.chance(500)) {
    const node = dice.below(nodes)
    const laterMicros = atMicros + dice.below(timeoutMicros >> 1)
    faults.push({
      atMicros: laterMicros,
      forMicros: 1,
      trouble: { _tag: "Kill", node, while: "any" }
    })
  }
  return faults
}
