/**
 * Lives for leases. The leader is cut off, paused, deposed by its own wish or forgotten by those
 * who promised to wait, and around the time at which the others elect another one, every node is
 * read by its lease while something is written. A lease that is a little too long shows only then,
 * and hardly any life comes to that by itself.
 */
import { requestOf } from "./Application.js"
import type { Application, Request } from "./Application.js"
import type { Dice } from "./Dice.js"
import type { Fault, Link, Operation, Scenario } from "./Scenario.js"

/** Instants of one probe, at each of which one node is written to and all are read. */
const INSTANTS = 40

/** As far apart as the swarm lets clocks run. */
const DRIFT_PARTS_PER_MILLION = 100_000

interface Probe {
  readonly faults: ReadonlyArray<Fault>
  /** From when on to ask, and for how long. */
  readonly fromMicros: number
  readonly forMicros: number
}

/** A calm world with fast disks, and clocks as wrong as may be: nothing but probes happens. */
export const tune = (dice: Dice, scenario: Scenario, application: Application): Scenario => {
  const { nodes } = scenario
  const electionTimeoutMillis = 500
  const timeoutMicros = 1_000 * electionTimeoutMillis
  const probes: Array<Probe> = []
  for (let at = 3; at < 23; at += 5) {
    probes.push(
      drawProbe(dice, nodes, at * timeoutMicros + dice.below(timeoutMicros), timeoutMicros)
    )
  }
  return {
    ...scenario,
    electionTimeoutMillis,
    heartbeatMillis: 50,
    safetyMicros: 24 * timeoutMicros,
    network: {
      ...scenario.network,
      delay: { leastMicros: 100, meanMicros: 200 },
      dropPerMille: 0,
      reorderPerMille: 0
    },
    disk: {
      ...scenario.disk,
      write: { leastMicros: 0, meanMicros: 0 },
      sync: { leastMicros: 100, meanMicros: 100 },
      stallPerMille: 0
    },
    clocks: scenario.clocks.map((clock) => ({
      ...clock,
      driftPartsPerMillion: dice.oneOf([-DRIFT_PARTS_PER_MILLION, DRIFT_PARTS_PER_MILLION])
    })),
    faults: probes.flatMap(({ faults }) => faults)
      .sort((one, other) => one.atMicros - other.atMicros),
    operations: drawOperations(dice, nodes, probes, application, timeoutMicros)
  }
}

const drawProbe = (dice: Dice, nodes: number, atMicros: number, timeoutMicros: number): Probe => {
  const kind = dice.oneOf([cutOff, cutOff, paused, handedOver, lateAnswers, forgotten])
  return kind(dice, nodes, atMicros, timeoutMicros)
}

type Kind = (dice: Dice, nodes: number, atMicros: number, timeoutMicros: number) => Probe

const around = (timeoutMicros: number, atMicros: number) => ({
  fromMicros: atMicros + Math.floor(0.8 * timeoutMicros),
  forMicros: timeoutMicros
})

const cutOff: Kind = (dice, _, atMicros, timeoutMicros) => ({
  ...around(timeoutMicros, atMicros),
  faults: [{
    atMicros,
    forMicros: 2 * timeoutMicros,
    trouble: { _tag: "Isolate", node: "leader", direction: dice.oneOf(["both", "out"]) }
  }]
})

const paused: Kind = (dice, _, atMicros, timeoutMicros) => {
  const forMicros = timeoutMicros + dice.below(2 * timeoutMicros)
  return {
    fromMicros: atMicros + forMicros - (timeoutMicros >> 2),
    forMicros: timeoutMicros >> 1,
    faults: [{ atMicros, forMicros, trouble: { _tag: "Pause", node: "leader" } }]
  }
}

/** Cut off when the word to the successor has left; or given up by then, and taken up late. */
const handedOver: Kind = (dice, nodes, atMicros, timeoutMicros) => ({
  fromMicros: atMicros,
  forMicros: timeoutMicros >> 1,
  faults: [
    {
      atMicros,
      forMicros: 1,
      trouble: {
        _tag: "Transfer",
        node: "leader",
        to: dice.oneOf<number | "chosen">(["chosen", dice.below(nodes)])
      }
    },
    {
      atMicros: atMicros + dice.between(50, 600),
      forMicros: 2 * timeoutMicros,
      trouble: { _tag: "Isolate", node: "leader", direction: "both" }
    }
  ]
})

const between = (from: number, nodes: number, isOut: boolean): ReadonlyArray<Link> =>
  Array.from({ length: nodes }, (_, other): Link => isOut ? [from, other] : [other, from])
    .filter(([one, other]) => one !== other)

/** What a leader says is lost from now on, and what it was answered before arrives much later. */
const lateAnswers: Kind = (dice, nodes, atMicros, timeoutMicros) => {
  const leader = dice.below(nodes)
  const links = between(leader, nodes, false)
  return {
    ...around(timeoutMicros, atMicros),
    faults: [
      {
        atMicros: atMicros - (timeoutMicros >> 2),
        forMicros: (timeoutMicros >> 2) + Math.floor(0.7 * timeoutMicros),
        trouble: { _tag: "Clog", links }
      },
      {
        atMicros,
        forMicros: 2 * timeoutMicros,
        trouble: { _tag: "Cut", links: between(leader, nodes, true) }
      }
    ]
  }
}

/** All but one cannot hear the leader and ask for votes; that one is started anew, and cut off. */
const forgotten: Kind = (dice, nodes, atMicros, timeoutMicros) => {
  const [leader = 0, voter = 0] = dice.shuffle(Array.from({ length: nodes }, (_, at) => at))
  const all = [...between(leader, nodes, true), ...between(leader, nodes, false)]
  const rest = all.filter((link) => !link.includes(voter))
  const own = all.filter((link) => link.includes(voter))
  const laterMicros = atMicros + timeoutMicros + dice.below(timeoutMicros >> 1)
  return {
    fromMicros: laterMicros,
    forMicros: timeoutMicros >> 1,
    faults: [
      { atMicros, forMicros: 4 * timeoutMicros, trouble: { _tag: "Cut", links: rest } },
      {
        atMicros: laterMicros,
        forMicros: 1,
        trouble: { _tag: "Kill", node: voter, while: "any" }
      },
      { atMicros: laterMicros, forMicros: timeoutMicros, trouble: { _tag: "Cut", links: own } }
    ]
  }
}

const drawOperations = (
  dice: Dice,
  nodes: number,
  probes: ReadonlyArray<Probe>,
  application: Application,
  patienceMicros: number
): ReadonlyArray<Operation> => {
  const operations: Array<Operation> = []
  const add = (kind: Request["kind"], node: number, atMicros: number): void => {
    const id = 1 + operations.length
    const request = requestOf(application, kind, id, () => dice.below)
    const own = { id, client: id, atMicros, node, request, patienceMicros }
    operations.push(request.kind === "read" ? { ...own, reads: "lease" } : own)
  }
  for (const { forMicros, fromMicros } of probes) {
    for (let at = 0; at < INSTANTS; at++) {
      const instant = fromMicros + Math.floor(at * forMicros / INSTANTS)
      add("write", dice.below(nodes), instant)
      for (let node = 0; node < nodes; node++) add("read", node, instant)
    }
  }
  return operations.sort((one, other) => one.atMicros - other.atMicros)
}
