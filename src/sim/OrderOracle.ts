/**
 * What never goes back on a node, whatever it lives through.
 */
import type { HardState } from "../raft/Action.js"
import type { State } from "../raft/State.js"
import { nodeId } from "./Scenario.js"
import type { World } from "./World.js"

/** `before`: where the node stood, or in a new life what its disk has promised. */
export const check = (
  world: World,
  node: number,
  before: HardState & Partial<Pick<State, "commit" | "applied">>,
  state: State
): void => {
  const { applied = 0, commit = 0, term, vote } = before
  const isLater = state.term > term ||
    (state.term === term && (vote === undefined || vote === state.vote))
  if (!isLater || state.commit < commit || state.applied < applied) {
    world.violate(
      "never-back",
      `${nodeId(node)} went back from term ${term}, vote ${
        vote ?? "for nobody"
      }, commit ${commit}, ` +
        `applied ${applied} to term ${state.term}, vote ${state.vote ?? "for nobody"}, commit ` +
        `${state.commit}, applied ${state.applied}`
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
