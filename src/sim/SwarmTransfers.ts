/**
 * When operators want another leader, in the life of a seed: in peace, and at the worst of times.
 * Drawn apart from the troubles of SwarmFaults.ts, which stay what they are without it.
 */
import type { Dice } from "./Dice.js"
import type { Fault, Trouble } from "./Scenario.js"

/** Of lives, in which operators want anything. */
const PRESENT_PER_MILLE = 500

export const draw = (
  dice: Dice,
  nodes: number,
  safetyMicros: number,
  electionTimeoutMillis: number
): ReadonlyArray<Fault> => {
  if (!dice.chance(PRESENT_PER_MILLE)) return []
  const timeoutMicros = 1_000 * electionTimeoutMillis
  const gapMicros = timeoutMicros * dice.oneOf([2, 5, 20])
  const isContested = dice.chance(600)
  const faults: Array<Fault> = []
  let atMicros = 2 * timeoutMicros + dice.exponential(gapMicros)
  while (atMicros < safetyMicros) {
    const node = dice.chance(500) ? "leader" : dice.below(nodes)
    const to = dice.chance(400) ? "chosen" : dice.below(nodes)
    faults.push({ atMicros, forMicros: 1, trouble: { _tag: "Transfer", node, to } })
    if (isContested && dice.chance(500)) {
      faults.push(misfortune(dice, atMicros, nodes, timeoutMicros))
    }
    atMicros += 1 + dice.exponential(gapMicros)
  }
  return faults
}

/** What befalls the old leader, the new one or another, just before or while it is handed over. */
const misfortune = (
  dice: Dice,
  transferMicros: number,
  nodes: number,
  timeoutMicros: number
): Fault => {
  const node = dice.chance(400) ? "leader" : dice.below(nodes)
  const trouble = dice.oneOf<Trouble>([
    { _tag: "Isolate", node, direction: "both" },
    { _tag: "Isolate", node, direction: "in" },
    { _tag: "Isolate", node, direction: "out" },
    { _tag: "Pause", node },
    { _tag: "Stall", node },
    { _tag: "Kill", node, while: "any" },
    { _tag: "Crash", node, while: "writing" }
  ])
  const atMicros = transferMicros + dice.between(-2_000, 10_000)
  return { atMicros: Math.max(0, atMicros), forMicros: 1 + dice.below(3 * timeoutMicros), trouble }
}
