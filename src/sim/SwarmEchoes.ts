/**
 * Echoes in the life of a seed: a process says something, dies and comes back, perhaps more than
 * once, and then all that it said arrives a second time, often with all that it was answered (the
 * old duplicates of TCP, RFC 1185). It tries whatever tells the lives of one node apart: numbers of
 * requests and sessions, terms, rounds. The lives are short, so that their numbers are the same.
 *
 * Drawn apart from the troubles of SwarmFaults.ts, which stay what they are without it.
 */
import type { Dice } from "./Dice.js"
import type { Fault, Link, Operation } from "./Scenario.js"

/** Of lives, in which there are any. */
const PRESENT_PER_MILLE = 250

/** Of operations under an echo: those that are asked of the process that echoes. */
const ASKED_PER_MILLE = 700

/** Deaths of the process under one echo. */
const DEATHS_LIMIT = 3

export const draw = (
  dice: Dice,
  nodes: number,
  safetyMicros: number,
  electionTimeoutMillis: number
): ReadonlyArray<Fault> => {
  if (nodes === 1 || !dice.chance(PRESENT_PER_MILLE)) return []
  const timeoutMicros = 1_000 * electionTimeoutMillis
  const faults: Array<Fault> = []
  let atMicros = 2 * timeoutMicros + dice.exponential(2 * timeoutMicros)
  while (atMicros < safetyMicros) {
    const echo = drawEcho(dice, nodes, atMicros, timeoutMicros)
    faults.push(...echo)
    atMicros += echo[0]!.forMicros + dice.exponential(2 * timeoutMicros)
  }
  return faults
}

/** The first fault is the echo itself; it ends in the middle of the process's last life. */
const drawEcho = (
  dice: Dice,
  nodes: number,
  atMicros: number,
  timeoutMicros: number
): ReadonlyArray<Fault> => {
  const node = dice.below(nodes)
  const others = Array.from({ length: nodes }, (_, each) => each).filter((each) => each !== node)
  const said = others.map((to): Link => [node, to])
  const links = dice.chance(300) ? said : [...said, ...others.map((from): Link => [from, node])]
  const deaths: Array<Fault> = []
  let nextMicros = atMicros
  for (let left = dice.between(2, DEATHS_LIMIT); left > 0; left--) {
    const forMicros = 1 + dice.below(timeoutMicros >> 2)
    const trouble = { _tag: "Kill", node, while: "any" } as const
    deaths.push({ atMicros: nextMicros, forMicros, trouble })
    const leastMicros = left > 1 ? timeoutMicros : timeoutMicros >> 2
    nextMicros += forMicros + leastMicros + dice.exponential(2 * leastMicros)
  }
  return [
    {
      atMicros,
      forMicros: nextMicros - atMicros,
      trouble: { _tag: "Echo", links }
    },
    ...deaths
  ]
}

/** Whoever echoes has had something to say: many of the clients go there. */
export const ask = (
  dice: Dice,
  operations: ReadonlyArray<Operation>,
  faults: ReadonlyArray<Fault>
): ReadonlyArray<Operation> => {
  const echoes = faults.filter(({ trouble }) => trouble._tag === "Echo")
  return operations.map((operation) => {
    const echo = echoes.find(({ atMicros, forMicros }) =>
      operation.atMicros >= atMicros && operation.atMicros < atMicros + forMicros
    )
    if (echo?.trouble._tag !== "Echo" || !dice.chance(ASKED_PER_MILLE)) return operation
    return { ...operation, node: echo.trouble.links[0]![0] }
  })
}
