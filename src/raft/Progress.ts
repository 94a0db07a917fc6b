/**
 * What a leader knows about one follower's log, and how it sends to it (etcd's tracker). In `Probe`
 * one message at a time looks for the place where the logs agree; in `Replicate` messages flow
 * without waiting, as many as the window allows.
 *
 * Invariants: `match < next`; `match` never exceeds what the follower holds durably.
 */
import type { Index } from "./EntryId.js"

export interface InflightAppend {
  readonly last: Index
  readonly bytes: number
}

/** What had been sent when a heartbeat left: its answer then tells what was lost on the way. */
export interface Mark {
  readonly round: number
  readonly next: Index
  readonly match: Index
}

export interface Progress {
  readonly mode: "Probe" | "Replicate"
  /** The highest index known to be durable there and equal to ours. */
  readonly match: Index
  /** The next index to send. */
  readonly next: Index
  /** In `Probe`: an append is on its way, so wait for an answer or a heartbeat's. */
  readonly paused: boolean
  /** In `Replicate`: what was sent and not yet accepted, oldest first. */
  readonly inflight: ReadonlyArray<InflightAppend>
  readonly inflightBytes: number
  /** The highest commit index told. */
  readonly commitSent: Index
  /** The highest round answered in this term. */
  readonly round: number
  readonly mark: Mark | undefined
}

/** Of a follower about which nothing is known yet. */
export const unknown = (next: Index): Progress => ({
  mode: "Probe",
  match: 0,
  next,
  paused: false,
  inflight: [],
  inflightBytes: 0,
  commitSent: 0,
  round: 0,
  mark: undefined
})

/** Looks for the matching position again, from `next` on. */
export const probe = (self: Progress, next: Index): Progress => ({
  ...self,
  mode: "Probe",
  next: Math.max(self.match + 1, next),
  paused: false,
  inflight: [],
  inflightBytes: 0,
  commitSent: 0,
  mark: undefined
})

/** The logs agree up to `next - 1`, so messages may flow from there. */
export const replicate = (self: Progress, next: Index): Progress => ({
  ...self,
  mode: "Replicate",
  next: Math.max(self.match + 1, next),
  paused: false,
  mark: undefined
})

/**
 * The follower holds everything up to `match` durably. An answer older than what we know changes
 * little.
 */
export const accepted = (self: Progress, match: Index): Progress => {
  const known = Math.max(self.match, match)
  if (self.mode === "Probe") return replicate({ ...self, match: known }, known + 1)
  let done = 0
  let bytes = self.inflightBytes
  for (const append of self.inflight) {
    if (append.last > match) break
    bytes -= append.bytes
    done += 1
  }
  return {
    mode: self.mode,
    match: known,
    next: Math.max(self.next, known + 1),
    paused: self.paused,
    inflight: done === 0 ? self.inflight : self.inflight.slice(done),
    inflightBytes: bytes,
    commitSent: self.commitSent,
    round: self.round,
    mark: self.mark
  }
}

/** An append that ends in `last` has left. */
export const sent = (self: Progress, last: Index, bytes: number, commit: Index): Progress => {
  if (self.mode === "Probe") return { ...self, paused: true, commitSent: commit }
  if (last < self.next) return { ...self, commitSent: commit }
  return {
    ...self,
    next: last + 1,
    inflight: [...self.inflight, { last, bytes }],
    inflightBytes: self.inflightBytes + bytes,
    commitSent: commit
  }
}
