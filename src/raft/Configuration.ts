/**
 * Who the members are, and in which role (thesis 4). Voters change by joint consensus only (4.3):
 * between two sets of voters there is a time in which every decision needs a majority of both. A
 * node that is added is a learner first (4.2.1): it is sent the log and counts in nothing until it
 * has caught up.
 *
 * The configuration of a node is the last one in its log, committed or not, from when it is
 * appended.
 */
import type { Index } from "./EntryId.js"
import type { NodeId } from "./Event.js"

export interface Configuration {
  /**
   * Of the entry that holds it; 0 for the one that a cluster begins with. Names this version of the
   * membership.
   */
  readonly index: Index
  /** Count in every decision. While joint, those that will count when it is over. */
  readonly voters: ReadonlyArray<NodeId>
  /** While joint: the voters before, whose majority is needed as well. Empty otherwise. */
  readonly outgoing: ReadonlyArray<NodeId>
  /** Are sent the log, count in nothing, and become voters once they have caught up. */
  readonly learners: ReadonlyArray<NodeId>
  /** Voters that leave in the step that makes the learners voters. */
  readonly leaving: ReadonlyArray<NodeId>
  /** Where each member is reached; opaque to the core. */
  readonly addresses: Readonly<Record<NodeId, string>>
}

/** Of a node that is to join, and knows of nobody yet: it waits for a leader to find it. */
export const none: Configuration = {
  index: 0,
  voters: [],
  outgoing: [],
  learners: [],
  leaving: [],
  addresses: {}
}

/** The one that a cluster begins with. */
export const bootstrap = (
  voters: ReadonlyArray<NodeId>,
  addresses: Readonly<Record<NodeId, string>> = {}
): Configuration => ({ ...none, voters, addresses })

export const isJoint = (self: Configuration): boolean => self.outgoing.length > 0

/** Whoever counts in some decision, without repetition. */
export const voters = (self: Configuration): ReadonlyArray<NodeId> => [
  ...self.voters,
  ...self.outgoing.filter((id) => !self.voters.includes(id))
]

/** Whether `id` decides everything by itself. */
export const isAlone = (self: Configuration, id: NodeId): boolean =>
  self.voters.length === 1 && self.voters[0] === id && !isJoint(self)

/** Whether `id` may stand for election. */
export const isVoter = (self: Configuration, id: NodeId): boolean =>
  self.voters.includes(id) || self.outgoing.includes(id)

/** Whoever is sent the log, without repetition. */
export const members = (self: Configuration): ReadonlyArray<NodeId> => [
  ...voters(self),
  ...self.learners
]

export const isMember = (self: Configuration, id: NodeId): boolean =>
  isVoter(self, id) || self.learners.includes(id)

/** Without the addresses of those who are no members. */
export const withAddressesOfMembers = (self: Configuration): Configuration => ({
  ...self,
  addresses: Object.fromEntries(
    Object.entries(self.addresses).filter(([id]) => isMember(self, id))
  )
})

export const equals = (self: Configuration, that: Configuration): boolean =>
  self.index === that.index && sameIds(self.voters, that.voters) &&
  sameIds(self.outgoing, that.outgoing) && sameIds(self.learners, that.learners) &&
  sameIds(self.leaving, that.leaving) &&
  sameIds(Object.keys(self.addresses).sort(), Object.keys(that.addresses).sort()) &&
  Object.keys(self.addresses).every((id) => self.addresses[id] === that.addresses[id])

const sameIds = (self: ReadonlyArray<NodeId>, that: ReadonlyArray<NodeId>): boolean =>
  self.length === that.length && self.every((id, at) => id === that[at])

/** In words, for logs and traces. */
export const describe = (self: Configuration): string =>
  [
    self.voters.join(" "),
    ...(isJoint(self) ? [`jointly with ${self.outgoing.join(" ")}`] : []),
    ...(self.learners.length > 0 ? [`learning: ${self.learners.join(" ")}`] : []),
    ...(self.leaving.length > 0 ? [`leaving: ${self.leaving.join(" ")}`] : [])
  ].join(", ")

/** About what an entry that holds it costs in frames and on disk. */
export const sizeBytes = (self: Configuration): number => {
  let bytes = 0
  for (const ids of [self.voters, self.outgoing, self.learners, self.leaving]) {
    for (const id of ids) bytes += LENGTH_BYTES + id.length
  }
  for (const [id, address] of Object.entries(self.addresses)) {
    bytes += 2 * LENGTH_BYTES + id.length + address.length
  }
  return bytes
}

/** What the length of a string takes. */
const LENGTH_BYTES = 4
