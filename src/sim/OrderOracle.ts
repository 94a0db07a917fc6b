/**
 * What a node knows only grows: its term, its vote within a term, what is committed and applied.
 */
import type { State } from "../raft/State.js"
import { nodeId } from "./Scenario.js"
import type { World } from "./World.js"

type Known = Pick<State, "term" | "vote" | "commit" | "applied">

/** `before` is what was known of the node, in this life or from its disk. */
export const check = (world: World, node: number, before: Known, state: State): void => {
  const isLater = state.term > before.term ||
    (state.term === before.term && (before.vote === undefined || before.vote === state.vote))
  if (!isLater || state.commit < before.commit || state.applied < before.applied) {
    world.violate(
      "never-back",
      `${nodeId(node)} went back from term ${before.term}, vote ${before.vote ?? "for nobody"}, ` +
        `commit ${before.commit}, applied ${before.applied} to term ${state.term}, vote ` +
        `${state.vote ?? "for nobody"}, commit ${state.commit}, applied ${state.applied}`
    )
  }
  if (state.commit > state.log.last || state.applied > state.commit) {
    world.violate(
      "never-back",
      `${nodeId(node)} has applied ${state.applied} and committed ${state.commit} of ` +
        `${state.log.last} entries`
    )
  }
}
