/**
 * What nodes do, said in a line each. A position is written term/index, an entry with its command
 * behind it: 2/7=x, or 2/7=noop.
 */
import type { Action, HardState, Observation, Outcome, Persist } from "../../src/raft/Action.js"
import type { Entry } from "../../src/raft/Entry.js"
import type { EntryId } from "../../src/raft/EntryId.js"
import * as Log from "../../src/raft/Log.js"
import type { Message } from "../../src/raft/Message.js"
import type { Shell } from "./Shell.js"

const position = ({ index, term }: EntryId): string => `${term}/${index}`

const entry = ({ bytes, index, kind, term }: Entry): string =>
  `${position({ index, term })}=${kind === "Noop" ? "noop" : String.fromCharCode(...bytes)}`

const list = (entries: ReadonlyArray<Entry>): string =>
  entries.length === 0 ? "nothing" : entries.map(entry).join(" ")

const granted = (message: { readonly granted: boolean }): string =>
  message.granted ? "granted" : "refused"

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
    case "NotLeader":
      return self.leader === undefined ? "no leader" : `ask ${self.leader}`
    case "Overloaded":
      return "overloaded"
    case "Unknown":
      return "unknown"
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
  }
}

export const node = ({ config: { id }, disk, isUp, state }: Shell): string => {
  if (!isUp) return `${id} is down, with ${hardState(disk.hardState)}, ${list(disk.entries)}`
  const { applied, commit, log, role, stable } = state
  const entries = Log.slice(log, 1, log.last, Infinity)
  const indexes = `commit ${commit}, applied ${applied}, durable ${stable}`
  return `${id} ${role}, ${hardState(state)}, ${indexes}: ${list(entries)}`
}
