/** The members as a node knows them, for whoever asks what it knows. */
import * as Configurations from "../raft/Configuration.js"
import type { NodeId } from "../raft/Event.js"
import type { State } from "../raft/State.js"
import type { Membership, MemberStatus } from "./Node.js"

export const make = (state: State): Membership => {
  const { configuration } = state
  const { addresses, index } = configuration
  return {
    index,
    isJoint: Configurations.isJoint(configuration),
    members: Configurations.members(configuration).map((id) => ({
      id,
      address: addresses[id] ?? "",
      role: roleOf(state, id),
      behind: behind(state, id)
    }))
  }
}

const roleOf = ({ configuration }: State, id: NodeId): MemberStatus["role"] => {
  const { learners, leaving, voters } = configuration
  if (learners.includes(id)) return "Learner"
  return voters.includes(id) && !leaving.includes(id) ? "Voter" : "Leaving"
}

const behind = ({ config, log, progress, role }: State, id: NodeId): number | undefined => {
  if (role !== "Leader") return undefined
  return id === config.id ? 0 : log.last - (progress[id]?.match ?? 0)
}
