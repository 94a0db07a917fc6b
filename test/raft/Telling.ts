/**
 * What nodes do, said in a line each. A position is written term/index, an entry with its command
 * behind it: 2/7=x, or 2/7=noop.
 */
import type { Action, HardState, Observation, Outcome, Persist } from "../../src/raft/Action.js"
import * as Configurations from "../../src/raft/Configuration.js"
import type { Entry } from "../../src/raft/Entry.js"
import type { EntryId } from "../../src/raft/EntryId.js"
import * as Log from "../../src/raft/Log.js"
import type { Message } from "../../src/raft/Message.js"
import type { Snapshot } from "../../src/raft/Snapshot.js"
import type { Shell } from "./Shell.js"

const position = ({ index, term }: EntryId): string => `${term}/${index}`

const entry = (self: Entry): string => `${position(self)}=${content(self)}`

const content = (self: Entry): string => {
  switch (self.kind) {
    case "Noop":
      return "noop"
    case "Command":
      return String.fromCharCode(...self.bytes)
    case "Configuration":
      return `[${Configurations.describe(self.configuration)}]`
  }
}

const list = (entries: ReadonlyArray<Entry>): string =>
  entries.length === 0 ? "nothing" : entries.map(entry).join(" ")

const granted = (message: { readonly granted: boolean }): string =>
  message.granted ? "granted" : "refused"

const snapshotText = ({ id, sizeBytes }: Snapshot): string =>
  `the snapshot of ${position(id)}, ${sizeBytes} bytes`

export const message = (self: Message): string => {
  const head = `${self._tag} of term ${self.term}`
  switch (self._tag) {
    case "PreVoteRequest":
      return `${head} for term ${self.campaignTerm}, last ${position(self.last)}`
    case "PreVoteResponse":
      return `${head} for term ${self.campaignTerm}: ${granted(self)}`
    case "VoteRequest":
      return `${head}, last ${position(self.last)}${self.transfer === true ? ", by transfer" : ""}`
    case "VoteResponse":
      return `${head}: ${granted(self)}`
    case "Append": {
      const { commit, entries, prev, round } = self
      return `${head}, round ${round}: after ${position(prev)} ${list(entries)}, commit ${commit}`
    }
    case "AppendAccepted":
      return `${head}, round ${self.round}: up to ${self.match}`
    case "AppendRejected": {
      const { hint, rejected, round } = self
      return `${head}, round ${round}: not ${rejected}, perhaps ${position(hint)}`
    }
    case "Heartbeat":
      return `${head}, round ${self.round}: commit ${self.commit}`
    case "HeartbeatResponse":
      return `${head}, round ${self.round}: compared up to ${self.verifiedTo}`
    case "ReadIndexRequest":
    case "ReadIndexRefused":
      return `${head}: #${self.id}`
    case "ReadIndexGranted":
      return `${head}: #${self.id} at ${self.index}`
    case "SnapshotChunk": {
      const { bytes, offset, round, snapshot } = self
      return `${head}, round ${round}: bytes ${offset} to ${offset + bytes.length} of ${
        snapshotText(snapshot)
      }`
    }
    case "SnapshotProgress": {
      const { id, offset, receivedBytes, round } = self
      return `${head}, round ${round}: ${receivedBytes} bytes of the snapshot of ` +
        `${position(id)}, asked for ${offset}`
    }
    case "Dismissed":
      return `${head}: since ${self.index}`
    case "TimeoutNow":
      return head
  }
}

const hardState = ({ term, vote }: HardState): string =>
  `term ${term}, ${vote === undefined ? "no vote" : `vote for ${vote}`}`

export const write = ({ append, hardState: hard, seq, truncateFrom }: Persist): string => {
  const parts = [
    ...(hard === undefined ? [] : [hardState(hard)]),
    ...(truncateFrom === undefined ? [] : [`nothing from ${truncateFrom} on`]),
    ...(append.length === 0 ? [] : [list(append)])
  ]
  return `write ${seq}: ${parts.join("; ")}`
}

const outcome = (self: Outcome): string => {
  switch (self._tag) {
    case "Committed":
      return `committed at ${self.index}`
    case "Readable":
      return `readable, asked for at least ${self.index}`
    case "Transferred":
      return `handed over to ${self.to}`
    case "TransferFailed":
      return `not handed over: ${self.why}`
    case "MembershipChanged":
      return `members changed at ${self.index}`
    case "MembershipRefused":
      return `members not changed: ${self.why}`
    case "NotLeader":
      return self.leader === undefined ? "no leader" : `ask ${self.leader}`
    case "Overloaded":
      return "overloaded"
    case "Unknown":
      return "unknown"
    case "SnapshotDurable":
      return `a snapshot up to ${self.index}`
    case "SnapshotFailed":
      return "no snapshot"
  }
}

const observation = (self: Observation): string => {
  switch (self._tag) {
    case "BecameFollower":
      return `becomes a follower in term ${self.term}: ${self.why}`
    case "BecamePreCandidate":
      return `prepares an election in term ${self.term}`
    case "BecameCandidate":
      return `becomes a candidate in term ${self.term}`
    case "BecameLeader":
      return `becomes the leader of term ${self.term}`
    case "LeaderKnown":
      return `follows ${self.leader} in term ${self.term}`
    case "Truncated":
      return `drops its entries ${self.from} to ${self.to}`
    case "Compacted":
      return `lets go of entries up to ${self.upTo}, with a snapshot up to ${self.snapshot}`
    case "Streaming":
      return `streams its snapshot up to ${self.snapshot} to ${self.to}`
    case "Installed":
      return `begins anew with a snapshot up to ${self.snapshot}`
    case "ConfigurationChanged": {
      const { configuration, isCommitted } = self
      return `${isCommitted ? "knows as committed" : "counts"} members ` +
        `${Configurations.describe(configuration)}, since ${configuration.index}`
    }
    case "Removed":
      return `is no member any more, since ${self.index}`
    case "TransferBegun":
      return `begins to hand over to ${self.to} in term ${self.term}`
    case "Transferred":
      return `has handed over to ${self.to}`
    case "TransferAbandoned":
      return `gives up handing over to ${self.to}: ${self.why}`
  }
}

/** `nameOf` a request, by its ref. */
export const action = (self: Action, nameOf: (ref: number) => string): string => {
  switch (self._tag) {
    case "Persist":
      return `begins ${write(self)}`
    case "Send":
      return `to ${self.to}: ${message(self.message)}`
    case "Apply":
      return `applies ${list(self.entries)}`
    case "Reply":
      return `answers ${nameOf(self.ref)}: ${outcome(self.outcome)}`
    case "Observe":
      return observation(self.observation)
    case "InstallSnapshot":
      return `begins write ${self.seq}: anew after ${snapshotText(self.snapshot)}`
    case "Compact":
      return `begins write ${self.seq}: nothing up to ${position(self.upTo)}, but ` +
        snapshotText(self.snapshot)
    case "TakeSnapshot":
      return `takes a snapshot of ${position(self.id)}`
    case "RestoreSnapshot":
      return `restores ${snapshotText(self.snapshot)}`
    case "SendChunk":
      return `to ${self.to}: ${self.lengthBytes} bytes from ${self.offset} of ${
        snapshotText(self.snapshot)
      }`
    case "StoreChunk":
      return `stores ${self.bytes.length} bytes at ${self.offset} of ${snapshotText(self.snapshot)}`
  }
}

export const node = ({ config: { id }, disk, isUp, state }: Shell): string => {
  if (!isUp) return `${id} is down, with ${hardState(disk.hardState)}, ${list(disk.entries)}`
  const { applied, commit, log, role, stable } = state
  const entries = Log.slice(log, 1, log.last, Infinity)
  const indexes = `commit ${commit}, applied ${applied}, durable ${stable}`
  return `${id} ${role}, ${hardState(state)}, ${indexes}: ${list(entries)}`
}
