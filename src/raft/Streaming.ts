/**
 * A leader sends its snapshot to a follower whose next entry is gone from the log (thesis 5.1): in
 * chunks, as many at a time as a window allows, and again from where the follower says that it has
 * come when something was lost. The core counts bytes; the shell reads and sends them.
 *
 * It begins with one chunk, whose answer tells where to go on: a follower may hold part of it
 * already. While the next snapshot is being taken nothing is sent of this one, which it replaces.
 */
import * as EntryId from "./EntryId.js"
import type { ChunkNotSent, NodeId } from "./Event.js"
import type { SnapshotProgress } from "./Message.js"
import type { Progress, Stream } from "./Progress.js"
import * as Progresses from "./Progress.js"
import * as Snapshots from "./Snapshot.js"
import type { Draft, Step } from "./Step.js"
import * as Steps from "./Step.js"

/** What `peer` needs is gone from the log. */
export const begin = (step: Step, peer: NodeId, progress: Progress): Progress => {
  const { next } = step
  const { latest } = next.snapshots
  Steps.observe(step, { _tag: "Streaming", to: peer, snapshot: latest.id.index })
  return send(step, peer, Progresses.stream(progress, latest, next.now))
}

/** Sends as many chunks as the window allows. */
export const send = (step: Step, peer: NodeId, progress: Progress): Progress => {
  if (progress.stream === undefined) return progress
  let stream: Stream = progress.stream
  while (mayFlow(step.next, stream)) {
    const { next: offset, snapshot }: Stream = stream
    const { config: { limits }, round, term } = step.next
    const lengthBytes = Math.min(limits.chunkBytes, snapshot.sizeBytes - offset)
    step.actions.push({ _tag: "SendChunk", to: peer, term, round, snapshot, offset, lengthBytes })
    stream = stream.isProbing
      ? { ...stream, isAwaiting: true }
      : { ...stream, next: offset + lengthBytes }
  }
  return stream === progress.stream ? progress : { ...progress, stream }
}

const mayFlow = (next: Draft, stream: Stream): boolean => {
  if (next.snapshots.taking !== undefined) return false
  if (stream.next >= stream.snapshot.sizeBytes) return false
  if (stream.isProbing) return !stream.isAwaiting
  const inflightBytes = stream.next - stream.acknowledged
  return inflightBytes === 0 || inflightBytes < next.config.limits.inflightChunkBytes
}

const proceed = (step: Step, peer: NodeId, progress: Progress, stream: Stream): void => {
  const { next } = step
  const sent = send(step, peer, { ...progress, stream })
  next.progress = { ...next.progress, [peer]: sent }
}

/** Looks with one chunk at `offset` how far the follower is. */
const probe = (stream: Stream, offset: number, now: number): Stream => ({
  ...stream,
  acknowledged: Math.min(stream.acknowledged, offset),
  next: offset,
  isProbing: true,
  isAwaiting: false,
  movedAt: now
})

export const answered = (step: Step, from: NodeId, answer: SnapshotProgress): void => {
  const { next } = step
  const progress = next.progress[from]
  const stream = progress?.stream
  const { id, offset, receivedBytes } = answer
  if (progress === undefined || stream === undefined) return
  if (!EntryId.equals(stream.snapshot.id, id) || receivedBytes > stream.snapshot.sizeBytes) return
  // Answers to what was sent before the probe say nothing about it.
  if (stream.isProbing && (offset !== stream.next || !stream.isAwaiting)) return
  if (receivedBytes <= offset) {
    if (receivedBytes < offset) {
      proceed(step, from, progress, probe(stream, receivedBytes, next.now))
    }
    return
  }
  const acknowledged = Math.max(stream.isProbing ? 0 : stream.acknowledged, receivedBytes)
  proceed(step, from, progress, {
    ...stream,
    acknowledged,
    next: stream.isProbing ? acknowledged : Math.max(stream.next, acknowledged),
    isProbing: false,
    isAwaiting: false,
    movedAt: acknowledged > stream.acknowledged ? next.now : stream.movedAt
  })
}

/**
 * The follower lives. If nothing has moved for an election timeout, a chunk or its answer was lost,
 * or the last word, that everything is there.
 */
export const heartbeatAnswered = (step: Step, from: NodeId, progress: Progress): void => {
  const { next } = step
  const { stream } = progress
  if (stream === undefined) return
  const isStuck = next.now - stream.movedAt >= next.config.electionTimeoutTicks
  const last = Math.max(0, stream.snapshot.sizeBytes - 1)
  const offset = Math.min(stream.acknowledged, last)
  proceed(step, from, progress, isStuck ? probe(stream, offset, next.now) : stream)
}

/** What was sent may be gone: the next sign of life begins with a probe. */
export const unreachable = (step: Step, peer: NodeId, progress: Progress): void => {
  const { next } = step
  const { stream } = progress
  if (stream === undefined) return
  const offset = Math.min(stream.acknowledged, Math.max(0, stream.snapshot.sizeBytes - 1))
  const probing = probe(stream, offset, next.now)
  next.progress = { ...next.progress, [peer]: { ...progress, stream: probing } }
}

/** A newer snapshot is durable: whoever is sent an older one is sent this from now on. */
export const supersede = (step: Step): void => {
  const { next } = step
  for (const peer of Steps.followers(next)) {
    const progress = next.progress[peer]
    if (progress?.stream === undefined) continue
    next.progress = { ...next.progress, [peer]: begin(step, peer, progress) }
  }
}

/** The shell could not read it; if it was replaced, the newer one is on its way already. */
export const notSent = (step: Step, { snapshot, to }: ChunkNotSent): void => {
  const { next } = step
  const progress = next.progress[to]
  if (progress?.stream === undefined || !Snapshots.equals(progress.stream.snapshot, snapshot)) {
    return
  }
  const probing = probe(progress.stream, progress.stream.acknowledged, next.now)
  const waiting: Stream = { ...probing, isAwaiting: true }
  next.progress = { ...next.progress, [to]: { ...progress, stream: waiting } }
}
