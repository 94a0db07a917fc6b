/**
 * Whether a message could have come from a correct peer. A checksum catches what the wire did to
 * it; this catches what a faulty or foreign sender made of it, so that no later line has to doubt.
 */
import type { Configuration } from "./Configuration.js"
import type { Entry } from "./Entry.js"
import type { EntryId, Term } from "./EntryId.js"
import type { NodeId } from "./Event.js"
import type { Append, Message, SnapshotChunk } from "./Message.js"
import type { Snapshot } from "./Snapshot.js"

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0

const isEntryId = (value: unknown): value is EntryId => {
  if (typeof value !== "object" || value === null) return false
  const { index, term } = value as Partial<EntryId>
  return isCount(term) && isCount(index) && (index > 0) === (term > 0)
}

/** Contiguous after `prev`, terms never falling and never beyond the sender's. */
const areContinuous = ({ entries, prev, term }: Append): boolean => {
  if (!Array.isArray(entries) || !isCount(prev.index + entries.length)) return false
  let before: Term = prev.term
  let index = prev.index
  for (const entry of entries as ReadonlyArray<Partial<Entry> | undefined>) {
    if (typeof entry !== "object" || entry === null) return false
    index += 1
    if (entry.index !== index || !isCount(entry.term)) return false
    if (entry.term < before || entry.term > term || entry.term === 0) return false
    if (!holdsItsKind(entry)) return false
    before = entry.term
  }
  return true
}

const holdsItsKind = (entry: Partial<Entry>): boolean => {
  switch (entry.kind) {
    case "Noop":
    case "Command":
      return entry.bytes instanceof Uint8Array
    case "Configuration":
      return isConfiguration(entry.configuration) && entry.configuration.index === entry.index
    default:
      return false
  }
}

/** Everybody in it once, in one role, and somebody who decides. */
const isConfiguration = (value: unknown): value is Configuration => {
  if (typeof value !== "object" || value === null) return false
  const { addresses, index, learners, leaving, outgoing, voters } = value as Partial<Configuration>
  if (!isCount(index) || typeof addresses !== "object" || addresses === null) return false
  if (!areIds(voters) || !areIds(outgoing) || !areIds(learners) || !areIds(leaving)) return false
  return voters.length > 0 && leaving.every((id) => voters.includes(id)) &&
    !learners.some((id) => voters.includes(id) || outgoing.includes(id)) &&
    Object.values(addresses).every((address) => typeof address === "string")
}

const areIds = (value: unknown): value is ReadonlyArray<NodeId> =>
  Array.isArray(value) && value.every((id) => typeof id === "string") &&
  new Set(value).size === value.length

const isSnapshot = (value: unknown): value is Snapshot => {
  if (typeof value !== "object" || value === null) return false
  const { checksum, configuration, id, sizeBytes } = value as Partial<Snapshot>
  if (!isEntryId(id) || id.index === 0 || !isCount(sizeBytes) || !isCount(checksum)) return false
  return isConfiguration(configuration) && configuration.index <= id.index
}

/** Not empty, and within the snapshot. */
const isChunk = ({ bytes, offset, snapshot, term }: SnapshotChunk): boolean =>
  isSnapshot(snapshot) && snapshot.id.term <= term && isCount(offset) &&
  bytes instanceof Uint8Array && bytes.length > 0 && offset + bytes.length <= snapshot.sizeBytes

export const isValid = (message: Message): boolean => {
  if (typeof message !== "object" || message === null || !isCount(message.term)) return false
  switch (message._tag) {
    case "PreVoteRequest":
      return isCount(message.campaignTerm) && isEntryId(message.last)
    case "PreVoteResponse":
      return isCount(message.campaignTerm) && typeof message.granted === "boolean"
    case "VoteRequest":
      return isEntryId(message.last) && message.last.term < message.term &&
        (message.transfer === undefined || message.transfer === true)
    case "VoteResponse":
      return typeof message.granted === "boolean"
    case "Append":
      return isCount(message.round) && isCount(message.commit) && isEntryId(message.prev) &&
        message.prev.term <= message.term && areContinuous(message)
    case "AppendAccepted":
      return isCount(message.round) && isCount(message.match)
    case "AppendRejected":
      return isCount(message.round) && isCount(message.rejected) && isEntryId(message.hint)
    case "Heartbeat":
      return isCount(message.round) && isCount(message.commit)
    case "HeartbeatResponse":
      return isCount(message.round) && isCount(message.verifiedTo)
    case "ReadIndexRequest":
    case "ReadIndexRefused":
      return isCount(message.id)
    case "ReadIndexGranted":
      return isCount(message.id) && isCount(message.index)
    case "SnapshotChunk":
      return isCount(message.round) && isChunk(message)
    case "SnapshotProgress":
      return isCount(message.round) && isEntryId(message.id) && isCount(message.offset) &&
        isCount(message.receivedBytes)
    case "Dismissed":
      return isCount(message.index)
    case "TimeoutNow":
      return true
    default:
      return false
  }
}
