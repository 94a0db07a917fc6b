/**
 * What goes into a node's inbox, and what its turns have to tell.
 */
import type { Observation } from "../raft/Action.js"
import type { NodeId } from "../raft/Event.js"
import type { Answer as MembershipAnswer, Change } from "./Memberships.js"
import type { ReadMode } from "./Node.js"
import type { Answer as ReadAnswer } from "./Reads.js"
import type { Answer as SnapshotAnswer } from "./SnapshotRequests.js"
import type { News as SnapshotNews } from "./SnapshotWorker.js"
import type { Answer as TransferAnswer } from "./Transfers.js"
import type { Answer as WriteAnswer } from "./Writes.js"

export type Request =
  | { readonly _tag: "Write"; readonly command: Uint8Array; readonly answer: WriteAnswer }
  | { readonly _tag: "Read"; readonly answer: ReadAnswer; readonly mode: ReadMode }
  | {
    readonly _tag: "Transfer"
    readonly to: NodeId | undefined
    readonly answer: TransferAnswer
  }
  | { readonly _tag: "Snapshot"; readonly answer: SnapshotAnswer }
  | {
    readonly _tag: "ChangeMembers"
    readonly change: Change
    readonly answer: MembershipAnswer
  }

export type Input =
  | Request
  | { readonly _tag: "Payload"; readonly from: NodeId; readonly payload: Uint8Array }
  | { readonly _tag: "Unreachable"; readonly peer: NodeId }
  | { readonly _tag: "Persisted"; readonly seq: number }
  | SnapshotNews
  | { readonly _tag: "Wake" }
  /** The node is to stop: if it leads, it hands over first. */
  | { readonly _tag: "Leave" }

/** What a turn has to tell, besides the core's observations: a peer that cannot be understood. */
export type Note = Observation | { readonly _tag: "NotUnderstood"; readonly from: NodeId }
