/**
 * The leader's side of log replication (thesis 3.5): what each follower is sent next, what its
 * answers mean, and when an entry is committed.
 */
import type { Entry } from "./Entry.js"
import { sizeBytes } from "./Entry.js"
import type { Index } from "./EntryId.js"
import * as EntryId from "./EntryId.js"
import type { NodeId } from "./Event.js"
import * as Log from "./Log.js"
import type { AppendAccepted, AppendRejected, HeartbeatResponse } from "./Message.js"
import type { Progress } from "./Progress.js"
import * as Progresses from "./Progress.js"
import * as Quorum from "./Quorum.js"
import type { Draft, Step } from "./Step.js"
import * as Steps from "./Step.js"
import * as Streaming from "./Streaming.js"

const setProgress = (next: Draft, peer: NodeId, progress: Progress): void => {
  next.progress = { ...next.progress, [peer]: progress }
}

const windowIsOpen = (next: Draft, { inflight, inflightBytes }: Progress): boolean =>
  inflight.length < next.config.limits.inflightAppends &&
  inflightBytes < next.config.limits.inflightBytes

const canSend = (next: Draft, progress: Progress): boolean =>
  progress.mode === "Replicate" && progress.next <= next.log.last && windowIsOpen(next, progress)

const sendEntries = (step: Step, peer: NodeId, progress: Progress): Progress => {
  const { next } = step
  const { limits } = next.config
  const entries = Log.slice(next.log, progress.next, next.log.last, limits.appendBytes)
  return sendAppend(step, peer, progress, entries)
}

const sendAppend = (
  step: Step,
  peer: NodeId,
  progress: Progress,
  entries: ReadonlyArray<Entry>
): Progress => {
  const { next } = step
  const prevTerm = Log.termAt(next.log, progress.next - 1)
  if (prevTerm === undefined) return Streaming.begin(step, peer, progress)
  const prev = EntryId.make(prevTerm, progress.next - 1)
  const { commit, round, term } = next
  Steps.send(step, peer, { _tag: "Append", term, round, prev, entries, commit })
  const bytes = entries.reduce((sum, entry) => sum + sizeBytes(entry), 0)
  return Progresses.sent(progress, prev.index + entries.length, bytes, commit)
}

/** Sends `peer` what it lacks, as far as its window allows, and news of the commit index. */
export const feed = (step: Step, peer: NodeId): void => {
  const { next } = step
  const before = next.progress[peer]
  if (before === undefined) return
  let progress = before
  if (progress.mode === "Snapshot") {
    progress = Streaming.send(step, peer, progress)
  } else if (progress.mode === "Probe") {
    if (!progress.paused) progress = sendEntries(step, peer, progress)
  } else {
    while (canSend(next, progress)) progress = sendEntries(step, peer, progress)
    const told = Math.min(next.commit, progress.next - 1)
    if (progress.mode === "Replicate" && progress.commitSent < told) {
      progress = sendAppend(step, peer, progress, [])
    }
  }
  if (progress !== before) setProgress(next, peer, progress)
}

export const feedAll = (step: Step): void => {
  for (const peer of Steps.followers(step.next)) feed(step, peer)
}

/**
 * Commits what a majority holds durably, this node's own log counted only as far as it is durable.
 * An entry of an earlier term is never committed by counting (thesis 3.6.2, figure 3.7).
 */
export const advanceCommit = (step: Step): void => {
  const { next } = step
  if (next.role !== "Leader") return
  const index = Quorum.reached(
    next.configuration,
    (voter) => voter === next.config.id ? next.stable : next.progress[voter]?.match ?? 0
  )
  if (index <= next.commit || Log.termAt(next.log, index) !== next.term) return
  next.uncommittedBytes -= Log.rangeBytes(next.log, next.commit + 1, index)
  next.commit = index
  feedAll(step)
}

export const accepted = (step: Step, from: NodeId, { match }: AppendAccepted): void => {
  const { next } = step
  const progress = next.progress[from]
  if (progress === undefined || match > next.log.last) return
  // What it holds of a log that is gone here changes nothing: it still needs the snapshot.
  const isStreaming = progress.mode === "Snapshot" && match < next.log.base.index
  setProgress(
    next,
    from,
    isStreaming
      ? Progresses.stillStreams(progress, match)
      : Progresses.accepted(progress, match)
  )
  advanceCommit(step)
  feed(step, from)
}

/** Looks for the matching position below the refused one, a whole term at a time (thesis 3.5). */
export const rejected = (
  step: Step,
  from: NodeId,
  { hint, rejected: index }: AppendRejected
): void => {
  const { next } = step
  const progress = next.progress[from]
  if (progress === undefined || isStale(progress, index)) return
  const candidate = Log.lastPossibleMatch(next.log, hint).index + 1
  setProgress(next, from, Progresses.probe(progress, Math.min(index, candidate)))
  feed(step, from)
}

/** A refusal of something we no longer ask must not move us back, least of all below `match`. */
const isStale = ({ match, mode, next }: Progress, rejected: Index): boolean =>
  rejected <= match || mode === "Snapshot" ||
  (mode === "Probe" ? rejected !== next - 1 : rejected >= next)

/**
 * The answer to a heartbeat tells what of the appends before it has arrived. If something was lost,
 * it is looked for again; if only the answers were, an empty append asks for one: a full window can
 * otherwise never open (etcd-io/etcd#14633).
 */
export const heartbeatAnswered = (step: Step, from: NodeId, answer: HeartbeatResponse): void => {
  const { next } = step
  const progress = next.progress[from]
  if (progress === undefined) return
  if (progress.mode === "Probe") {
    const verified = Math.min(answer.verifiedTo, next.log.last)
    const arrived = verified >= progress.next
    const resumed = arrived ? Progresses.replicate(progress, verified + 1) : progress
    setProgress(next, from, { ...resumed, paused: false })
    return feed(step, from)
  }
  if (progress.mode === "Snapshot") {
    const verified = Math.min(answer.verifiedTo, next.log.last)
    if (verified < next.log.base.index) return Streaming.heartbeatAnswered(step, from, progress)
    setProgress(next, from, Progresses.probe(progress, verified + 1))
    return feed(step, from)
  }
  const { mark } = progress
  if (mark === undefined || answer.round < mark.round) return
  if (answer.verifiedTo < mark.next - 1) {
    setProgress(next, from, Progresses.probe(progress, answer.verifiedTo + 1))
    return feed(step, from)
  }
  const unmarked: Progress = { ...progress, mark: undefined }
  const silent = progress.match === mark.match && mark.match < mark.next - 1
  setProgress(next, from, silent ? sendAppend(step, from, unmarked, []) : unmarked)
}

/** What was sent and not accepted may be gone (etcd's MsgUnreachable). */
export const unreachable = (step: Step, peer: NodeId): void => {
  const { next } = step
  const progress = next.progress[peer]
  if (progress?.mode === "Snapshot") return Streaming.unreachable(step, peer, progress)
  if (progress?.mode !== "Replicate") return
  setProgress(next, peer, Progresses.probe(progress, progress.match + 1))
}
