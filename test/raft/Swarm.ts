/**
 * What one random schedule is made of, drawn before it begins: which faults exist in it at all and
 * how strong they are, because a schedule with all faults at once seldom gets far (swarm testing).
 */
import type { Limits } from "../../src/raft/State.js"
import * as States from "../../src/raft/State.js"
import type { Dice } from "./Dice.js"

export const ELECTION_TICKS = 3

export const drawMembers = (dice: Dice): ReadonlyArray<string> => {
  const size = dice.weighted({ 1: 1, 2: 1, 3: 8, 4: 3, 5: 6 })
  return ["n1", "n2", "n3", "n4", "n5"].slice(0, Number(size))
}

/** Nodes that are no members at first. */
export const drawSpares = (dice: Dice): ReadonlyArray<string> =>
  ["m1", "m2", "m3"].slice(0, dice.chance(0.4) ? 0 : dice.between(1, 3))

/** Often so tight that every limit is reached: an entry of these tests has 32 to 92 bytes. */
export const drawLimits = (dice: Dice): Limits =>
  dice.chance(0.3) ? States.defaultLimits : {
    ...States.defaultLimits,
    appendBytes: dice.between(1, 150),
    inflightAppends: dice.between(1, 4),
    inflightBytes: dice.between(1, 400),
    uncommittedBytes: dice.between(1, 1000),
    applyBytes: dice.between(1, 150),
    clockDriftPercent: 25
  }

/** How often each move is made; a fault with weight 0 does not exist. */
export const drawWeights = (dice: Dice) => {
  const fault = (weight: number): number => dice.chance(0.5) ? dice.between(1, weight) : 0
  return {
    /** For a while, all goes well among a few. */
    run: dice.between(0, 6),
    deliver: dice.between(20, 80),
    tick: dice.between(5, 30),
    sync: dice.between(2, 30),
    apply: dice.between(2, 10),
    propose: dice.between(1, 10),
    read: dice.between(1, 10),
    change: dice.chance(0.6) ? dice.between(1, 4) : 0,
    restart: 4,
    heal: 2,
    reorder: fault(40),
    duplicate: fault(10),
    drop: fault(10),
    crash: fault(4),
    cut: fault(4),
    isolate: fault(2),
    pause: fault(2),
    unreachable: fault(4)
  }
}

export type Move = keyof ReturnType<typeof drawWeights>
