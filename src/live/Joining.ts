/**
 * How a node becomes a member of a cluster that runs: it asks one of the members, over the port
 * where that one serves Redis clients. A new node first asks which cluster it is; then, before it
 * takes part, to be added. Both may be asked again after a crash, and are no more needed once the
 * node's log says who the members are.
 */
import { Effect, Schedule } from "effect"
import type { Member } from "../node/Members.js"
import * as Members from "../node/Members.js"
import type { Recovered } from "../service/Storage.js"
import * as RedisClient from "./RedisClient.js"
import { RedisClientError } from "./RedisClient.js"

export interface Join {
  /** Where any member serves Redis clients. */
  readonly at: RedisClient.Address
  /** A member that leaves in the same step. */
  readonly replaces: string | undefined
}

/** Whether the node knows of no member, and so was never told that it is one. */
export const isStranger = ({ bootstrap, entries, snapshot }: Recovered): boolean =>
  snapshot === undefined && bootstrap.voters.length === 0 &&
  !entries.some(({ kind }) => kind === "Configuration")

/** The cluster's id, for a folder to be made. Nobody may have its node's id already. */
export const introduce = (
  { id }: Member,
  { at }: Join
): Effect.Effect<string, RedisClientError> =>
  Effect.gen(function*() {
    const reply = RedisClient.fieldsOf(yield* RedisClient.ask(at, ["RAFT", "MEMBERS"]))
    const members = Array.isArray(reply["members"]) ? reply["members"] : []
    if (members.some((member) => RedisClient.fieldsOf(member)["id"] === id)) {
      return yield* new RedisClientError({
        reason: "Refused",
        message: `${id} is a member of that cluster already, with a data folder that is not this ` +
          "one: give the node that folder back, or have it join under another id: raftcache " +
          `--id NEW --join ${Members.formatAddress(at)} --replaces ${id} (docs/operations.md)`
      })
    }
    return String(reply["cluster_id"])
  })

/** How long to wait before a cluster that could not do it now is asked again. */
const AGAIN_MILLIS = 500

const isPassing = ({ message, reason }: RedisClientError): boolean =>
  reason === "Refused" && /^(TRYAGAIN|CLUSTERDOWN|UNKNOWN) /.test(message)

/** Returns when the cluster has taken it on: it learns from then on, and votes when it is ready. */
export const enter = (
  self: Member,
  { at, replaces }: Join
): Effect.Effect<void, RedisClientError> => {
  const member = `${self.id}=${Members.formatAddress(self)}`
  const words = replaces === undefined ? ["ADD", member] : ["REPLACE", replaces, member]
  return Effect.logInfo(`asks to join the cluster at ${Members.formatAddress(at)}`).pipe(
    Effect.zipRight(
      RedisClient.ask(at, ["RAFT", ...words]).pipe(
        Effect.tapError((error) => Effect.logInfo(`cannot join yet: ${error.message}`)),
        Effect.retry({ while: isPassing, schedule: Schedule.spaced(AGAIN_MILLIS) })
      )
    ),
    Effect.zipRight(Effect.logInfo("has been taken on, and catches up"))
  )
}
