/**
 * The leader's lease (thesis 6.4.1): for a while after it sent a round that a majority answered,
 * nobody else can have been elected, because whoever heard that round refuses every vote for an
 * election timeout (Election.ts), a node that has just started does so too, and whoever stands has
 * itself waited as long. Within that time the leader reads its own state without asking anybody.
 *
 * It counts ticks, and so it is only as good as clocks: `limits.clockDriftPercent` says by how much
 * they may differ. It ends at once when time may have passed that was not counted, and for the rest
 * of the term when the leader tells another node to stand, which no voter then refuses.
 */
import type { Config, SentRound, State } from "./State.js"
import type { Draft } from "./Step.js"

export interface Lease {
  /** When the last round that counts was sent, in ticks. Undefined if there is none. */
  readonly since: number | undefined
  /** Only later rounds count. */
  readonly afterRound: number
}

export const none: Lease = { since: undefined, afterRound: 0 }

/** No round will ever be greater. */
const NEVER = Number.MAX_SAFE_INTEGER

/**
 * How long a lease holds, in ticks of the leader, so that it is over before the election timeout is
 * by the fastest of clocks. A tick at either end is lost to rounding: both count whole ones.
 */
export const lengthTicks = ({ electionTimeoutTicks, limits }: Config): number =>
  Math.floor((electionTimeoutTicks - 1) * 100 / (100 + limits.clockDriftPercent)) - 1

/** Whether this node may read its own state for what the whole cluster has acknowledged. */
export const isHeld = (state: State): boolean => {
  const { commit, config, lease: { since }, now, role, termStart } = state
  return role === "Leader" && commit >= termStart && since !== undefined &&
    now < since + lengthTicks(config)
}

/** A new leader has none. */
export const begin = (next: Draft): void => {
  next.lease = { since: undefined, afterRound: next.round }
}

/** A majority has answered a round: what counts is when it was sent. */
export const extend = (next: Draft, { round, sentAt }: SentRound): void => {
  if (round > next.lease.afterRound) next.lease = { ...next.lease, since: sentAt }
}

/** More time has passed than was counted, perhaps: no round sent before now says anything. */
export const interrupt = (next: Draft): void => {
  if (next.lease.afterRound !== NEVER) next.lease = { since: undefined, afterRound: next.round }
}

/** Until the end of the term: what was sent to a successor may arrive at any time. */
export const revoke = (next: Draft): void => {
  next.lease = { since: undefined, afterRound: NEVER }
}

/** Whether it was revoked for the rest of the term. */
export const isRevoked = ({ lease }: State): boolean => lease.afterRound === NEVER
