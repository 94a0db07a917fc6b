/**
 * The arithmetic of majorities. Counting always goes over the voters, never over the answers, so
 * that an answer of somebody who is no voter counts for nothing.
 */
import type { NodeId } from "./Event.js"

/** How many of `voters` make a majority: any two majorities share a voter. */
export const majority = (voters: number): number => Math.floor(voters / 2) + 1

/** The highest value that a majority has reached, given the value of each voter. */
export const reached = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => b - a)[majority(values.length) - 1] ?? 0

export type VoteResult = "Pending" | "Won" | "Lost"

export const voteResult = (
  voters: ReadonlyArray<NodeId>,
  votes: Readonly<Record<NodeId, boolean>>
): VoteResult => {
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
