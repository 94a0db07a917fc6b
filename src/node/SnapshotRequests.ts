/**
 * This node's own requests for a snapshot, from the call to the answer. The core takes one snapshot
 * for all who wait.
 */
import type { Outcome } from "../raft/Action.js"
import type { Ref } from "../raft/Event.js"
import type { SnapshotOutcome } from "./Node.js"

export type Answer = (outcome: SnapshotOutcome) => void

export class SnapshotRequests {
  readonly #waiting = new Map<Ref, Answer>()

  add(ref: Ref, answer: Answer): void {
    this.#waiting.set(ref, answer)
  }

  /** The core has answered `ref`. False if that was no snapshot. */
  decided(ref: Ref, outcome: Outcome): boolean {
    if (outcome._tag !== "SnapshotDurable" && outcome._tag !== "SnapshotFailed") return false
    this.#waiting.get(ref)?.(
      outcome._tag === "SnapshotDurable"
        ? { _tag: "SnapshotTaken", index: outcome.index }
        : { _tag: "SnapshotNotTaken" }
    )
    this.#waiting.delete(ref)
    return true
  }

  /** The node stops: whoever waits is told so. */
  close(): void {
    for (const answer of this.#waiting.values()) answer({ _tag: "Refused", reason: "Stopping" })
    this.#waiting.clear()
  }
}
