/**
 * When operators change the members, in the life of a seed: nodes come, go and are replaced, one or
 * several at once, in peace and while something befalls whoever leads or comes. Drawn apart from
 * all else, which stays what it is without it.
 */
import type { Dice } from "./Dice.js"
import type { Fault, Scenario, Target, Trouble } from "./Scenario.js"

/** Of lives, in which the members change. */
const PRESENT_PER_MILLE = 500

/** Nodes of a cluster that grows to its most. */
const NODES_LIMIT = 9

/**
 * The life with nodes that are no members at first, and with changes. Its disks are spoilt, but not
 * replaced by empty ones: a node that comes later cannot tell that it meets another under that id.
 */
export const tune = (dice: Dice, scenario: Scenario): Scenario => {
  const { clocks, electionTimeoutMillis, faults, nodes, safetyMicros } = scenario
  if (!dice.chance(PRESENT_PER_MILLE) || nodes >= NODES_LIMIT) return scenario
  const spares = Math.min(dice.between(1, 4), NODES_LIMIT - nodes)
  const changes = draw(dice, nodes + spares, safetyMicros, 1_000 * electionTimeoutMillis)
  const kept = faults.filter(({ trouble }) => trouble._tag !== "Wipe")
  return {
    ...scenario,
    nodes: nodes + spares,
    spares,
    clocks: Array.from({ length: nodes + spares }, (_, node) => clocks[node % nodes]!),
    faults: [...kept, ...changes].sort((one, other) => one.atMicros - other.atMicros)
  }
}

type ChangeMembers = Extract<Trouble, { readonly _tag: "ChangeMembers" }>

const draw = (
  dice: Dice,
  nodes: number,
  safetyMicros: number,
  timeoutMicros: number
): ReadonlyArray<Fault> => {
  const gapMicros = timeoutMicros * dice.oneOf([1, 3, 6, 15])
  const isContested = dice.chance(700)
  // Operators who do not wait for the end of a change before they want the next.
  const isHasty = dice.chance(400)
  const faults: Array<Fault> = []
  let atMicros = 2 * timeoutMicros + dice.exponential(gapMicros)
  while (atMicros < safetyMicros) {
    if (isContested && dice.chance(250)) {
      faults.push(...unheard(dice, atMicros, nodes, timeoutMicros))
    } else faults.push({ atMicros, forMicros: 1, trouble: change(dice, nodes) })
    if (isHasty && dice.chance(500)) {
      const laterMicros = atMicros + 1 + dice.below(dice.oneOf([1_000, 10_000, 100_000]))
      const again = { ...change(dice, nodes), node: "leader" } as const
      faults.push({ atMicros: laterMicros, forMicros: 1, trouble: again })
    }
    if (isContested && dice.chance(600)) {
      faults.push(...misfortune(dice, atMicros, nodes, timeoutMicros))
    }
    atMicros += 1 + dice.exponential(gapMicros)
  }
  return dice.chance(700)
    ? [...faults, ...unfinished(dice, safetyMicros, nodes, timeoutMicros)]
    : faults
}

/** A change that is under way when the faults end, and what befalls it. */
const unfinished = (
  dice: Dice,
  safetyMicros: number,
  nodes: number,
  timeoutMicros: number
): ReadonlyArray<Fault> => {
  const atMicros = Math.max(0, safetyMicros - timeoutMicros - dice.below(3 * timeoutMicros))
  const laterMicros = atMicros + dice.below(timeoutMicros)
  const forMicros = 10 * timeoutMicros
  const told = { ...change(dice, nodes), node: "leader" } as const
  const tag = dice.oneOf(["Kill", "Crash"] as const)
  const leaderFalls: Fault = {
    atMicros: laterMicros,
    forMicros,
    trouble: { _tag: tag, node: "leader", while: "any" }
  }
  switch (dice.oneOf(["deaf", "missing", "leaving"] as const)) {
    case "deaf": {
      // It has been taken on, and does not hear how that goes on.
      const [node] = told.order
      const direction = dice.oneOf(["in", "both"] as const)
      return [
        { atMicros, forMicros: 1, trouble: { ...told, add: 1 } },
        { ...leaderFalls, trouble: { _tag: "Isolate", node: node!, direction } }
      ]
    }
    case "missing":
      // It is not there when it becomes a voter, and without who led its vote is needed.
      return [
        { atMicros, forMicros: 1, trouble: { ...told, add: 1 } },
        { atMicros, forMicros, trouble: { _tag: tag, node: "newcomer", while: "any" } },
        leaderFalls
      ]
    case "leaving": {
      const leaves = { ...told, remove: 1, isLeaderFirst: true } as const
      if (dice.chance(500)) {
        // Nobody but the leader has the joint configuration.
        return [
          { atMicros, forMicros: 1, trouble: leaves },
          { atMicros, forMicros, trouble: { _tag: "Isolate", node: "leaver", direction: "out" } },
          leaderFalls
        ]
      }
      // Nobody but the leader has the entry that leaves it out (thesis 4.2.2, figure 4.6), and so
      // late that no other can be elected and go another way before the faults end.
      const lateMicros = Math.max(0, safetyMicros - dice.below(2 * timeoutMicros))
      const node = "outsider"
      const direction = "out"
      return [
        { atMicros: lateMicros, forMicros: 1, trouble: leaves },
        { atMicros: lateMicros, forMicros, trouble: { _tag: "Isolate", node, direction } },
        { atMicros: lateMicros, forMicros, trouble: { _tag: tag, node, while: "synced" } }
      ]
    }
  }
}

/** Who is a member by then, and who is not, shows when it is asked for. */
const change = (dice: Dice, nodes: number): ChangeMembers => {
  const [add, remove] = dice.weighted<readonly [number, number]>([
    [[1, 0], 5],
    [[0, 1], 4],
    [[1, 1], 6],
    [[2, 0], 2],
    [[2, 2], 2],
    [[3, 3], 1],
    [[1, 2], 1],
    [[0, 2], 1]
  ])
  return {
    _tag: "ChangeMembers",
    node: dice.chance(500) ? "leader" : dice.below(nodes),
    add,
    remove,
    order: dice.shuffle(Array.from({ length: nodes }, (_, node) => node)),
    isLeaderFirst: dice.chance(300)
  }
}

/**
 * A leader that nobody hears any more is told of a change; the others find a leader of their own,
 * who is told of another. The first comes back with what it has begun.
 */
const unheard = (
  dice: Dice,
  atMicros: number,
  nodes: number,
  timeoutMicros: number
): ReadonlyArray<Fault> => {
  const told = { ...change(dice, nodes), node: "leader" } as const
  const laterMicros = atMicros + timeoutMicros + dice.below(2 * timeoutMicros)
  return [
    {
      atMicros: Math.max(0, atMicros - dice.below(2_000)),
      forMicros: timeoutMicros + dice.below(3 * timeoutMicros),
      trouble: { _tag: "Isolate", node: "leader", direction: dice.oneOf(["out", "both"]) }
    },
    { atMicros, forMicros: 1, trouble: told },
    { atMicros: laterMicros, forMicros: 1, trouble: { ...change(dice, nodes), node: "leader" } }
  ]
}

/** What befalls whoever leads, or anybody, before, while or after the change is on its way. */
const misfortune = (
  dice: Dice,
  changeMicros: number,
  nodes: number,
  timeoutMicros: number
): ReadonlyArray<Fault> => {
  const node: Target = dice.chance(500) ? "leader" : dice.below(nodes)
  const trouble = dice.oneOf<Trouble>([
    { _tag: "Isolate", node, direction: "both" },
    { _tag: "Isolate", node, direction: "in" },
    { _tag: "Isolate", node, direction: "out" },
    { _tag: "Pause", node },
    { _tag: "Stall", node },
    { _tag: "Kill", node, while: "any" },
    { _tag: "Kill", node, while: "writing" },
    { _tag: "Crash", node, while: "writing" },
    { _tag: "Crash", node, while: "any" }
  ])
  const atMicros = changeMicros + dice.between(-2_000, dice.oneOf([2_000, 20_000, 200_000]))
  const forMicros = 1 + dice.below(4 * timeoutMicros)
  const fault: Fault = { atMicros: Math.max(0, atMicros), forMicros, trouble }
  if (!dice.chance(300)) return [fault]
  // Another change while the first may be half done, by whoever leads by then.
  const laterMicros = atMicros + dice.below(3 * timeoutMicros)
  return [fault, { atMicros: Math.max(0, laterMicros), forMicros: 1, trouble: change(dice, nodes) }]
}
