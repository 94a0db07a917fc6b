/**
 * What must be true of whoever leads, as far as its own states tell.
 */
import * as Log from "../raft/Log.js"
import type { State } from "../raft/State.js"
import type { Promised } from "./Promised.js"
import { nodeId } from "./Scenario.js"
import type { World } from "./World.js"

/** A leader commits by counting only entries of its own term (thesis 3.6.2, figure 3.7). */
export const checkCounting = (world: World, node: number, before: State, state: State): void => {
  const { commit, log, term } = state
  const committed = Log.termAt(log, commit)
  if (before.term !== term || commit === before.commit || committed === term) return
  world.violate(
    "own-term-commit",
    `${nodeId(node)}, leader of term ${term}, has committed entry ${commit} of term ${committed}`
  )
}

/**
 * A leader never believes a follower to hold what is not on that follower's disk, and never forgets
 * what it knows of a member.
 */
export const checkProgress = (
  world: World,
  node: number,
  before: State | undefined,
  { log, progress, role, term }: State,
  promisedOf: (peer: string) => Promised
): void => {
  for (const peer in progress) {
    const { match, next } = progress[peer]!
    const promised = promisedOf(peer)
    const isSameReign = before?.role === role && before.term === term
    const known = isSameReign && before.parting[peer] === undefined
      ? before.progress[peer]?.match ?? 0
      : 0
    if (match < known) {
      world.violate(
        "progress",
        `${nodeId(node)} has forgotten that ${peer} holds all up to ${known}`
      )
    }
    if (match >= next) {
      world.violate("progress", `${nodeId(node)} would send ${peer} what it already holds`)
    }
    // Another leader, or another disk, may since have replaced what it held.
    if (promised.hardState.term > term || promised.isForgotten) continue
    if (match >= log.base.index && promised.termAt(match) !== Log.termAt(log, match)) {
      world.violate(
        "progress",
        `${
          nodeId(node)
        }, leader of term ${term}, believes that ${peer} holds all up to ${match}, ` +
          `and the disk of ${peer} does not`
      )
    }
  }
}

/** Who cannot write, or is not heard by a majority, must not lead for long (thesis 6.2). */
export const checkOffice = (world: World, node: number, state: State): void => {
  const { config, now, rounds, term, writes } = state
  const since = Math.min(writes[0]?.since ?? Infinity, rounds[0]?.sentAt ?? Infinity)
  const silent = now - since
  if (silent <= 2 * config.electionTimeoutTicks + 2) return
  world.violate(
    "abdication",
    `${nodeId(node)} still leads term ${term} ${silent} ticks after it last could write and was ` +
      "heard by a majority"
  )
}
