/**
 * All the bugs that the simulator has to find.
 */
import { mutants as clients } from "./ClientsMutants.js"
import { mutants as durability } from "./DurabilityMutants.js"
import { mutants as leases } from "./LeaseMutants.js"
import { mutants as membership } from "./MembershipMutants.js"
import type { Mutant } from "./Mutant.js"
import { mutants as reads } from "./ReadsMutants.js"
import { mutants as replication } from "./ReplicationMutants.js"
import { mutants as snapshots } from "./SnapshotsMutants.js"
import { mutants as store } from "./StoreMutants.js"
import { mutants as transfers } from "./TransferMutants.js"
import { mutants as votes } from "./VotesMutants.js"

/** In the order of their ids. */
export const mutants: ReadonlyArray<Mutant> = [
  ...votes,
  ...replication,
  ...durability,
  ...reads,
  ...leases,
  ...clients,
  ...membership,
  ...snapshots,
  ...store,
  ...transfers
].sort((one, other) => (one.id < other.id ? -1 : 1))
