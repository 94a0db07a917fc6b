/**
 * Commands on their way into the log. Every ref is answered exactly once: refused here without
 * effect, `Committed` when its entry is applied, or `Unknown` when leadership ends before that
 * (Follower.ts).
 */
import * as Entries from "./Entry.js"
import type { Entry } from "./Entry.js"
import type { ProposeItem, Ref } from "./Event.js"
import * as Replication from "./Replication.js"
import type { Proposals } from "./State.js"
import type { Step } from "./Step.js"
import * as Steps from "./Step.js"

/**
 * Takes as many as the limit allows. After the first refusal all are refused: no later command of a
 * batch may overtake an earlier one. A leader without anything uncommitted takes at least one.
 */
export const propose = (step: Step, items: ReadonlyArray<ProposeItem>): void => {
  const { next } = step
  if (next.role !== "Leader" || next.transfer !== undefined) {
    const leader = next.transfer?.to ?? next.leader
    for (const { ref } of items) Steps.reply(step, ref, { _tag: "NotLeader", leader })
    return
  }
  const first = next.log.last + 1
  const entries: Array<Entry> = []
  const refs: Array<Ref> = []
  for (const { bytes, ref } of items) {
    const entry = Entries.command(next.term, first + entries.length, bytes)
    const total = next.uncommittedBytes + Entries.sizeBytes(entry)
    const fits = total <= next.config.limits.uncommittedBytes || next.uncommittedBytes === 0
    if (!fits) break
    next.uncommittedBytes = total
    entries.push(entry)
    refs.push(ref)
  }
  for (const { ref } of items.slice(refs.length)) {
    Steps.reply(step, ref, { _tag: "Overloaded" })
  }
  if (entries.length === 0) return
  next.log = next.log.append(entries)
  next.proposals = [...next.proposals, { first, refs }]
  Replication.feedAll(step)
}

/** Answers every proposal that is applied by now. */
export const applied = (step: Step): void => {
  const { next } = step
  if ((next.proposals[0]?.first ?? Infinity) > next.applied) return
  const waiting: Array<Proposals> = []
  for (const { first, refs } of next.proposals) {
    const done = Math.min(refs.length, Math.max(0, next.applied - first + 1))
    for (let i = 0; i < done; i++) {
      const ref = refs[i]
      if (ref !== undefined) Steps.reply(step, ref, { _tag: "Committed", index: first + i })
    }
    if (done < refs.length) waiting.push({ first: first + done, refs: refs.slice(done) })
  }
  next.proposals = waiting
}
