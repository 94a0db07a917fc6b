/**
 * How much the nodes are told to hold, in the life of a seed: in some so little that keys have to
 * go or writes are refused, and in half of these not the same everywhere, so that the cluster goes
 * by another limit and policy whenever another node leads. Drawn apart from all else, which stays
 * what it is without it.
 */
import * as Memory from "../kv/Memory.js"
import type { Dice } from "./Dice.js"
import type { Scenario } from "./Scenario.js"

/** Of lives, in which nodes are told anything. */
const PRESENT_PER_MILLE = 300

export const tune = (dice: Dice, scenario: Scenario): Scenario => {
  if (!dice.chance(PRESENT_PER_MILLE)) return scenario
  const isAlike = dice.chance(500)
  const first = draw(dice)
  const memory = Array.from({ length: scenario.nodes }, () => isAlike ? first : draw(dice))
  return { ...scenario, memory }
}

/** A key takes about 350 bytes. */
const draw = (dice: Dice): Memory.Settings => ({
  limitBytes: dice.weighted([
    [dice.between(300, 3_000), 4],
    [dice.between(3_000, 10_000), 4],
    [0, 1]
  ]),
  policy: dice.oneOf(Memory.policies),
  samples: dice.oneOf([5, 1, 10])
})
