/**
 * What a client is told of a request that was not carried out, or of which nobody knows whether it
 * was. Clients decide by the first word whether to try again.
 */
import type { Refused } from "../node/Node.js"

/** Said of a write whose fate nobody knows. Clients match this text: it never changes. */
export const UNKNOWN_OUTCOME = "UNKNOWN write outcome unknown"

export const NO_AUTHENTICATION = "NOAUTH Authentication required."

/** Nothing was done. The code words are those on which cluster clients wait and try again. */
export const REFUSALS: Readonly<Record<Refused["reason"], string>> = {
  NoLeader:
    "CLUSTERDOWN No Raft leader: fewer than half of the members can be reached, nothing was " +
    "read or written; try again, or start the members that are down",
  Overloaded: "TRYAGAIN Too many requests wait already: this one was not executed; " +
    "try again, with fewer at once",
  Behind: "TRYAGAIN This node is behind the others and has not caught up in time: nothing was " +
    "read; ask another member",
  Stopping: "CLUSTERDOWN This node is stopping: the command was not executed; ask another member"
}
