/**
 * What stands for the beginning of the log (thesis 5): the state of the machine as of one committed
 * entry. The core knows where it is, how large and from which members; its bytes are the shell's.
 */
import type { Configuration } from "./Configuration.js"
import * as Configurations from "./Configuration.js"
import type { EntryId } from "./EntryId.js"
import * as EntryIds from "./EntryId.js"

export interface Snapshot {
  /** The last entry that it covers. */
  readonly id: EntryId
  /** The one that held as of its entry. */
  readonly configuration: Configuration
  readonly sizeBytes: number
  /** CRC-32 of all its bytes: two nodes write the same state as different bytes. */
  readonly checksum: number
}

/** Before the first. */
export const none: Snapshot = {
  id: EntryIds.zero,
  configuration: Configurations.none,
  sizeBytes: 0,
  checksum: 0
}

/** Whether they are the same bytes, so that a transfer of one may go on with the other. */
export const equals = (self: Snapshot, that: Snapshot): boolean =>
  EntryIds.equals(self.id, that.id) && self.sizeBytes === that.sizeBytes &&
  self.checksum === that.checksum
