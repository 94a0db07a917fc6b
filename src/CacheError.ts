/**
 * What a request to the cache may fail with, for an application (RaftCache.ts).
 */
import { Data } from "effect"
import { OUT_OF_MEMORY } from "./kv/DataCommand.js"
import type { Refused } from "./node/Node.js"

/**
 * Nothing was done: there is no leader, too much is waiting, the node stops, or the cache holds as
 * much as it may. Try again later.
 */
export class Unavailable extends Data.TaggedError("Unavailable")<{
  readonly reason: Refused["reason"] | "OutOfMemory"
  readonly message: string
}> {}

/** The write was on its way when its leader was lost: it may have happened, and may happen yet. */
export class UnknownOutcome extends Data.TaggedError("UnknownOutcome")<{
  readonly message: string
}> {}

/** The request or the options cannot be carried out as they are. Nothing was done. */
export class Invalid extends Data.TaggedError("Invalid")<{
  readonly message: string
}> {}

const why: Record<Unavailable["reason"], string> = {
  NoLeader: "no leader was found in time: check that a majority of the nodes runs and is reachable",
  Overloaded: "too many requests wait already: try again later",
  Behind: "this node is behind the others and has not caught up in time: ask another one",
  Stopping: "this node is stopping: ask another one",
  OutOfMemory:
    "the cache holds as much as it may, and no key may go: delete some, or raise the limit"
}

export const unavailable = ({ reason }: Pick<Unavailable, "reason">): Unavailable =>
  new Unavailable({ reason, message: why[reason] })

/** Of a write that the cache has answered with this error. */
export const ofAnswer = (message: string): Unavailable | Invalid =>
  message === OUT_OF_MEMORY
    ? unavailable({ reason: "OutOfMemory" })
    : new Invalid({ message: message.replace(/^ERR /, "") })
