/**
 * What a leader knows about one follower's log, and how it sends to it (etcd's tracker). In `Probe`
 * one message at a time looks for the place where the logs agree; in `Replicate` messages flow
 * without waiting, as many as the window allows; in `Snapshot` what it needs next is not in the log
 * any more, and chunks of a snapshot flow (Streaming.ts).
 *
 * Invariants: `match < next`; `match` never exceeds what the follower holds durably.
 */
import type { Index } from "./EntryId.js"
import type { Snapshot } from "./Snapshot.js"

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

/** A snapshot on its way. `acknowledged <= next <= snapshot.sizeBytes`, in bytes. */
export interface Stream {
  readonly snapshot: Snapshot
  /** How much the follower has stored, as far as it has said. */
  readonly acknowledged: number
  /** Where the next chunk begins; while probing, that of the one chunk that is on its way. */
  readonly next: number
  /** One chunk at a time, to learn how far the follower is: at the start and after a loss. */
  readonly isProbing: boolean
  /** While probing: the chunk is on its way. */
  readonly isAwaiting: boolean
  /** When it last came further, in ticks. */
  readonly movedAt: number
}

export interface Progress {
  readonly mode: "Probe" | "Replicate" | "Snapshot"
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
  /** When it was, in ticks; -Infinity before the first. */
  readonly answeredAt: number
  readonly mark: Mark | undefined
  /** In `Snapshot`. */
  readonly stream: Stream | undefined
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
  answeredAt: -Infinity,
  mark: undefined,
  stream: undefined
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
  mark: undefined,
  stream: undefined
})

/** What it needs is gone from the log: `snapshot` is sent instead, from the start. */
export const stream = (self: Progress, snapshot: Snapshot, now: number): Progress => ({
  ...self,
  mode: "Snapshot",
  paused: false,
  inflight: [],
  inflightBytes: 0,
  commitSent: 0,
  mark: undefined,
  stream: {
    snapshot,
    acknowledged: 0,
    next: 0,
    isProbing: true,
    isAwaiting: false,
    movedAt: now
  }
})

/** In `Snapshot`: it holds that much, and of what comes next nothing is in the log. */
export const stillStreams = (self: Progress, match: Index): Progress => {
  const known = Math.max(self.match, match)
  return { ...self, match: known, next: Math.max(self.next, known + 1) }
}

/** The logs agree up to `next - 1`, so messages may flow from there. */
export const replicate = (self: Progress, next: Index): Progress => ({
  ...self,
  mode: "Replicate",
  next: Math.max(self.match + 1, next),
  paused: false,
  mark: undefined,
  stream: undefined
})

/**
 * The follower holds everything up to `match` durably. An answer older than what we know changes
 * little.
 */
export const accepted = (self: Progress, match: Index): Progress => {
  const known = Math.max(self.match, match)
  if (self.mode !== "Replicate") return replicate({ ...self, match: known }, known + 1)
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
    answeredAt: self.answeredAt,
    mark: self.mark,
    stream: undefined
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
