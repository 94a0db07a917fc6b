/**
 * Linearizable reads without the log (read index, thesis 6.4). The leader notes its commit index
 * and waits until a round that began after the read arrived proves that it still led; then the read
 * may be served anywhere that has applied that index. One round serves every read that came before
 * it, and while it is on its way the next reads gather for the next one.
 */
import type { NodeId, Read, Ref } from "./Event.js"
import * as Leasing from "./Leasing.js"
import type { ReadIndexGranted, ReadIndexRefused, ReadIndexRequest } from "./Message.js"
import * as Rounds from "./Rounds.js"
import type { PendingRead, ReadOrigin, State } from "./State.js"
import type { Step } from "./Step.js"
import * as Steps from "./Step.js"

/** A read of this node's own shell. */
export const read = (step: Step, ref: Ref, mode: Read["mode"]): void => {
  const { next } = step
  if (mode === "lease" && Leasing.isHeld(next)) return serve(step, ref, next.commit)
  if (next.role === "Leader") return enqueue(step, { _tag: "Local", ref })
  if (next.leader === undefined) {
    return Steps.reply(step, ref, { _tag: "NotLeader", leader: undefined })
  }
  next.forwardedReads = [...next.forwardedReads, { ref, since: next.now }]
  Steps.send(step, next.leader, { _tag: "ReadIndexRequest", term: next.term, id: ref })
}

/** A follower asks on behalf of its shell. */
export const requested = (step: Step, from: NodeId, { id }: ReadIndexRequest): void => {
  const { next } = step
  if (next.role === "Leader") return enqueue(step, { _tag: "Remote", from, id })
  Steps.send(step, from, { _tag: "ReadIndexRefused", term: next.term, id })
}

/**
 * A new leader's commit index may lag behind what its predecessor acknowledged; everything of that
 * is before its no-op, so no read goes below it.
 */
const enqueue = (step: Step, origin: ReadOrigin): void => {
  const { next } = step
  const index = Math.max(next.commit, next.termStart)
  next.reads = [...next.reads, { origin, index, round: next.round + 1 }]
  confirm(step)
}

/** Lets go on what the rounds so far confirm, then begins the round that the rest waits for. */
export const confirm = (step: Step): void => {
  const { next } = step
  if (next.reads.length === 0) return
  settle(step)
  const noneUnderWay = next.reads.every(({ round }) => round > next.round)
  if (next.reads.length > 0 && noneUnderWay) {
    Rounds.begin(step)
    settle(step)
  }
}

const settle = (step: Step): void => {
  const { next } = step
  const upTo = Rounds.confirmed(next)
  const waiting: Array<PendingRead> = []
  const ready: Array<PendingRead> = []
  for (const read of next.reads) (read.round <= upTo ? ready : waiting).push(read)
  next.reads = waiting
  for (const { index, origin } of ready) {
    if (origin._tag === "Remote") {
      const { from, id } = origin
      Steps.send(step, from, { _tag: "ReadIndexGranted", term: next.term, id, index })
    } else {
      serve(step, origin.ref, index)
    }
  }
}

const serve = (step: Step, ref: Ref, index: number): void => {
  const { next } = step
  if (index <= next.applied) Steps.reply(step, ref, { _tag: "Readable", index })
  else next.confirmedReads = [...next.confirmedReads, { ref, index }]
}

export const granted = (step: Step, { id, index }: ReadIndexGranted): void => {
  if (takeForwarded(step, id)) serve(step, id, index)
}

export const refused = (step: Step, { id }: ReadIndexRefused): void => {
  if (takeForwarded(step, id)) {
    Steps.reply(step, id, { _tag: "NotLeader", leader: step.next.leader })
  }
}

const takeForwarded = (step: Step, id: number): boolean => {
  const { next } = step
  const rest = next.forwardedReads.filter(({ ref }) => ref !== id)
  if (rest.length === next.forwardedReads.length) return false
  next.forwardedReads = rest
  return true
}

/** When the oldest question will have waited for an election timeout. */
export const expireAt = ({ config, forwardedReads }: State): number =>
  (forwardedReads[0]?.since ?? Infinity) + config.electionTimeoutTicks

/** A question or its answer was lost: after an election timeout whoever asked may ask again. */
export const expire = (step: Step): void => {
  const { next } = step
  if (next.now < expireAt(next)) return
  const deadline = next.now - next.config.electionTimeoutTicks
  for (const { ref, since } of next.forwardedReads) {
    if (since <= deadline) Steps.reply(step, ref, { _tag: "NotLeader", leader: next.leader })
  }
  next.forwardedReads = next.forwardedReads.filter(({ since }) => since > deadline)
}

/** The state machine has moved: some reads have what they waited for. */
export const applied = (step: Step): void => {
  const { next } = step
  if (next.confirmedReads.length === 0) return
  for (const { index, ref } of next.confirmedReads) {
    if (index <= next.applied) Steps.reply(step, ref, { _tag: "Readable", index })
  }
  next.confirmedReads = next.confirmedReads.filter(({ index }) => index > next.applied)
}
