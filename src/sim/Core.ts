/**
 * Which nodes the second half of a life is about: a majority with which nothing is wrong any more,
 * and how all others stay apart from it.
 */
import type { Link, Scenario } from "./Scenario.js"
import type { World } from "./World.js"

/** Those of whom a core is made. */
export interface Electorate {
  /** Whoever counts, or may count before long. */
  readonly members: ReadonlyArray<number>
  /** Whether these are a majority whatever may count by then. */
  readonly decide: (nodes: ReadonlyArray<number>) => boolean
}

/**
 * Any majority of the sound nodes. Half of the time no more than a majority; half of the time, if
 * there is one, without who leads now; and half of the time with as many as possible of those that
 * something is wrong with now, because they have something to recover from. Undefined if the
 * scenario has left no majority sound.
 */
export const choose = (
  { chooser, scenario }: World,
  { decide, members }: Electorate,
  leader: number | undefined,
  troubled: ReadonlyArray<number>
): ReadonlyArray<number> | undefined => {
  const majority = (members.length >> 1) + 1
  const sound = members.filter((node) => !isSpoilt(scenario, node))
  if (!decide(sound)) return undefined
  const followers = sound.filter((node) => node !== leader)
  const leavesOut = decide(followers) && chooser.pick("process", 2) === 1
  const rest = leavesOut ? followers : sound
  const isLeast = chooser.pick("process", 2) === 1
  const spare = Math.max(0, rest.length - majority)
  const size = isLeast ? 0 : rest.length - chooser.pick("process", spare + 1)
  const first = chooser.pick("process", 2) === 1
    ? rest.filter((node) => troubled.includes(node))
    : []
  const others = rest.filter((node) => !first.includes(node))
  const core: Array<number> = []
  while (core.length < size || !decide(core)) {
    const from = first.length > 0 ? first : others
    core.push(...from.splice(chooser.pick("process", from.length), 1))
  }
  return core.sort((one, other) => one - other)
}

/**
 * Each of the others is cut off from all of the core, in one direction or in both. One that both
 * hears and reaches a part of the core may well lead with that part for ever.
 */
export const permanentCuts = (
  { chooser, scenario }: World,
  core: ReadonlyArray<number>
): ReadonlyArray<Link> => {
  const links: Array<Link> = []
  for (const node of range(scenario.nodes)) {
    if (core.includes(node)) continue
    const how = chooser.pick("process", 3)
    for (const member of core) {
      if (how !== 1) links.push([node, member])
      if (how !== 0) links.push([member, node])
    }
  }
  return links
}

export const range = (nodes: number): Array<number> =>
  Array.from({ length: nodes }, (_, node) => node)

/** Whether the scenario has spoilt this node's disk for good, or was about to. */
export const isSpoilt = ({ faults }: Scenario, node: number): boolean =>
  faults.some(({ trouble }) =>
    (trouble._tag === "Rot" || trouble._tag === "Misdirect" || trouble._tag === "Wipe") &&
    trouble.node === node
  )
