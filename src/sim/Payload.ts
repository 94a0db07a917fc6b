/**
 * Payloads between nodes in words, for traces.
 */
import * as PeerMessage from "../wire/PeerMessage.js"

const range = (first: number, count: number): string =>
  count === 1 ? `entry ${first}` : `entries ${first} to ${first + count - 1}`

const describeMessage = (message: PeerMessage.PeerMessage): string => {
  switch (message._tag) {
    case "PreVoteRequest":
      return `pre-vote: for me in term ${message.campaignTerm}? my log ends at ` +
        `${message.last.index} of term ${message.last.term}`
    case "PreVoteResponse":
      return `pre-voted: ${message.granted ? "yes" : "no"}, in term ${message.campaignTerm}`
    case "VoteRequest":
      return `vote: for me in term ${message.term}? my log ends at ${message.last.index} of term ` +
        `${message.last.term}${message.transfer === true ? "; the leader asked me to stand" : ""}`
    case "VoteResponse":
      return `voted: ${message.granted ? "yes" : "no"}, in term ${message.term}`
    case "Append": {
      const { commit, entries, prev, term } = message
      const what = entries.length === 0 ? "no entries" : range(prev.index + 1, entries.length)
      return `append: ${what} after ${prev.index} of term ${prev.term}; term ${term}, ` +
        `commit ${commit}`
    }
    case "AppendAccepted":
      return `accepted: all up to ${message.match}; term ${message.term}`
    case "AppendRejected":
      return `rejected: no ${message.rejected}, try ${message.hint.index}; term ${message.term}`
    case "Heartbeat":
      return `heartbeat: round ${message.round}; term ${message.term}, commit ${message.commit}`
    case "HeartbeatResponse":
      return `heard: round ${message.round}; term ${message.term}`
    case "ReadIndexRequest":
      return `read-index: for read ${message.id}?`
    case "ReadIndexGranted":
      return `granted: read ${message.id} at ${message.index}`
    case "ReadIndexRefused":
      return `refused: read ${message.id}, I do not lead`
    case "SnapshotChunk": {
      const { bytes, offset, snapshot: { id, sizeBytes }, term } = message
      return `chunk: bytes ${offset} to ${offset + bytes.length} of ${sizeBytes} of the snapshot ` +
        `up to ${id.index}; term ${term}`
    }
    case "SnapshotProgress":
      return `stored: ${message.receivedBytes} bytes of the snapshot up to ${message.id.index}; ` +
        `term ${message.term}`
    case "Forward":
      return `forward: ${message.proposals.length} ` +
        (message.proposals.length === 1 ? "write" : "writes")
    case "ForwardRefused":
      return `refused: writes, ${message.reason}`
    case "TimeoutNow":
      return `stand: take over from me, after term ${message.term}`
    case "Dismissed":
      return `dismissed: you are no member, since entry ${message.index}; term ${message.term}`
    case "MembershipAsked": {
      const { add, expected, remove } = message
      const words = [
        ...add.map(({ id }) => `add ${id}`),
        ...remove.map((id) => `remove ${id}`)
      ]
      return `asked: ${words.join(", ")}, of the members as of entry ${expected}`
    }
    case "MembershipAnswered":
      return `answered about the members: ${message.outcome._tag}`
    case "TransferAsked":
      return `asked: hand leadership over to ${message.to ?? "whom you choose"}`
    case "TransferAnswered":
      return `answered: ${message.outcome._tag}`
  }
}

export const describe = (payload: Uint8Array): string =>
  PeerMessage.decode(payload)?.map(describeMessage).join(" | ") ?? "nothing that can be read"
