/**
 * Who decides while the members change: whoever may count by what is in the logs, on its way or
 * asked for. A majority that is to go on alone must be one whatever comes of that.
 */
import type { Configuration } from "../raft/Configuration.js"
import * as Configurations from "../raft/Configuration.js"
import type * as Core from "./Core.js"
import type { Host } from "./Host.js"
import { decide } from "./MemberOracle.js"
import type { Operator } from "./Operator.js"
import type { Oracles } from "./Oracles.js"

export interface Parts {
  readonly hosts: ReadonlyArray<Host>
  readonly oracles: Oracles
  readonly operator: Operator
}

export const of = ({ hosts, operator, oracles }: Parts): Core.Electorate => {
  const { possible } = oracles.members
  const sets = [
    ...possible.flatMap(({ outgoing, voters }) => [voters, outgoing]),
    ...operator.possible
  ]
  const names = new Set([...sets.flat(), ...possible.flatMap(({ learners }) => learners)])
  return {
    members: hosts.flatMap(({ id, number }) => names.has(id) ? [number] : []),
    decide: (nodes) => {
      const ids = nodes.map((node) => hosts[node]!.id)
      return sets.every((voters) => decide({ voters, outgoing: [] }, ids))
    }
  }
}

/** Whether a change is under way that needs nobody but these to come to its end. */
export const isChanging = (
  configuration: Configuration,
  ids: ReadonlyArray<string>
): boolean => {
  const { learners } = configuration
  return Configurations.isJoint(configuration) ||
    (learners.length > 0 && learners.every((id) => ids.includes(id)))
}
