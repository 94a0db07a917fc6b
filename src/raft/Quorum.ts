/**
 * The arithmetic of majorities. Counting always goes over the voters, never over the answers, so
 * that an answer of somebody who is no voter counts for nothing. While two sets of voters are joint
 * every decision needs a majority of each (thesis 4.3); an empty set agrees to everything, so that
 * nobody has to ask whether they are (etcd's quorum).
 */
import type { Configuration } from "./Configuration.js"
import type { NodeId } from "./Event.js"

/** What of a configuration counts. */
export type Voters = Pick<Configuration, "voters" | "outgoing">

/** How many of `voters` make a majority: any two majorities share a voter. */
export const majority = (voters: number): number => Math.floor(voters / 2) + 1

/** The highest value that a majority has reached, given the value of each voter. */
export const reached = (
  { outgoing, voters }: Voters,
  valueOf: (voter: NodeId) => number
): number => Math.min(reachedBy(voters, valueOf), reachedBy(outgoing, valueOf))

const reachedBy = (
  voters: ReadonlyArray<NodeId>,
  valueOf: (voter: NodeId) => number
): number => voters.map(valueOf).sort((a, b) => b - a)[majority(voters.length) - 1] ?? Infinity

export type VoteResult = "Pending" | "Won" | "Lost"

export const voteResult = (
  { outgoing, voters }: Voters,
  votes: Readonly<Record<NodeId, boolean>>
): VoteResult => {
  const results = [voteResultOf(voters, votes), voteResultOf(outgoing, votes)]
  if (results.includes("Lost")) return "Lost"
  return results.includes("Pending") ? "Pending" : "Won"
}

const voteResultOf = (
  voters: ReadonlyArray<NodeId>,
  votes: Readonly<Record<NodeId, boolean>>
): VoteResult => {
  if (voters.length === 0) return "Won"
  let granted = 0
  let refused = 0
  for (const voter of voters) {
    if (votes[voter] === true) granted += 1
    else if (votes[voter] === false) refused += 1
  }
  const needed = majority(voters.length)
  if (granted >= needed) return "Won"
  return voters.length - refused < needed ? "Lost" : "Pending"
}
