/**
 * How two nodes find out whether they may talk, before anything else is said on a connection. Who
 * dialled sends a hello; the other side answers with its own, or with the reason why not. Both
 * examine the other's hello by the same rules. Each is the payload of one frame.
 *
 * This guards against mistakes (a wrong address, a copied or wiped data folder, two clusters on one
 * network), not against an attacker: nothing in it is secret.
 */
import * as Bytes from "./Bytes.js"

/** The oldest and the newest protocol that this build speaks. */
export const VERSION_MIN = 1
export const VERSION_MAX = 1

/** The longest payload anybody may send before the two have agreed to talk. */
export const HANDSHAKE_LIMIT_BYTES = 4096

export interface Identity {
  readonly clusterId: string
  readonly nodeId: string
  /** Drawn when the node's data folder was made: a wiped folder comes back as somebody else. */
  readonly incarnation: string
}

/** What a node knows of itself and of those it may talk to. */
export interface Acquaintance {
  readonly self: Identity
  /** Every peer by its id; `undefined` until it has been met. */
  readonly incarnations: ReadonlyMap<string, string | undefined>
}

/** The other side is who it should be, and so are we. */
export interface Met {
  readonly _tag: "Met"
  readonly peer: string
  readonly incarnation: string
}

export interface Refused {
  readonly _tag: "Refused"
  readonly reason:
    | "NoHandshake"
    | "UnsupportedVersion"
    | "WrongCluster"
    | "WrongNode"
    | "UnknownPeer"
    | "WrongIncarnation"
    | "RefusedByPeer"
  /** What, why and what to do. */
  readonly message: string
}

/** Says who is speaking, and to whom it believes to speak. */
export const hello = (self: Identity, to: string): Uint8Array => {
  const writer = new Bytes.Writer()
  writeHello(writer, self, to)
  return writer.written()
}

export const accepted = (self: Identity, to: string): Uint8Array => {
  const writer = new Bytes.Writer()
  writer.u8(ACCEPTED)
  writeHello(writer, self, to)
  return writer.written()
}

/** `message` is at most a `Refused` message. */
export const refused = (message: string): Uint8Array => {
  const writer = new Bytes.Writer()
  writer.u8(REFUSED)
  writer.string(message)
  return writer.written()
}

export const examineHello = (payload: Uint8Array, known: Acquaintance): Met | Refused =>
  examine(Bytes.decode(payload, readHello), known)

/** `known` holds only the peer that was dialled. */
export const examineAnswer = (payload: Uint8Array, known: Acquaintance): Met | Refused => {
  const answer = Bytes.decode(payload, readAnswer)
  return answer?._tag === "Refused" ? answer : examine(answer, known)
}

interface Hello {
  readonly _tag: "Hello"
  readonly versionMin: number
  readonly versionMax: number
  /** `undefined` if no version is shared: what follows the versions may then be anything. */
  readonly introduction: { readonly from: Identity; readonly to: string } | undefined
}

const examine = (hello: Hello | undefined, { incarnations, self }: Acquaintance): Met | Refused => {
  if (hello === undefined) {
    return refuse("NoHandshake", "what was sent is no handshake: no raftcache node is speaking")
  }
  if (hello.introduction === undefined) {
    const theirs = `${hello.versionMin} to ${hello.versionMax}`
    return refuse(
      "UnsupportedVersion",
      `the peer speaks protocol ${theirs}, ${self.nodeId} speaks ${VERSION_MIN} to ` +
        `${VERSION_MAX}: upgrade the older one`
    )
  }
  const { from, to } = hello.introduction
  const name = plain(from.nodeId)
  if (from.clusterId !== self.clusterId) {
    return refuse(
      "WrongCluster",
      `${name} belongs to cluster ${plain(from.clusterId)}, ${self.nodeId} to ` +
        `${self.clusterId}: correct the addresses of the peers`
    )
  }
  if (to !== self.nodeId) {
    return refuse(
      "WrongNode",
      `${name} expects ${plain(to)} where ${self.nodeId} is: correct the addresses of its peers`
    )
  }
  if (!incarnations.has(from.nodeId)) {
    return refuse(
      "UnknownPeer",
      `${name} is no peer of ${self.nodeId} at this address: correct the lists of peers`
    )
  }
  const known = incarnations.get(from.nodeId)
  if (known !== undefined && known !== from.incarnation) {
    return refuse(
      "WrongIncarnation",
      `${name} lost its data folder or runs twice, for ${self.nodeId} has met it with another ` +
        "one: stop it, and give it that folder back (docs/operations.md)"
    )
  }
  return { _tag: "Met", peer: from.nodeId, incarnation: from.incarnation }
}

const refuse = (reason: Refused["reason"], message: string): Refused => ({
  _tag: "Refused",
  reason,
  message
})

const FOREIGN_TEXT_LIMIT = 64

/** Text from elsewhere, cut and cleaned until it can stand in a message and in a log line. */
const plain = (text: string, limit = FOREIGN_TEXT_LIMIT): string =>
  text.slice(0, limit).replace(/[^\x20-\x7e]/g, "?")

const MAGIC = 0x70_63_66_72 // "rfcp"
const REFUSED = 0
const ACCEPTED = 1

// Magic and versions stay where they are in every version to come: so two builds that share no
// version can still tell each other so.
const writeHello = (writer: Bytes.Writer, self: Identity, to: string): void => {
  writer.u32(MAGIC)
  writer.u32(VERSION_MIN)
  writer.u32(VERSION_MAX)
  writer.string(self.clusterId)
  writer.string(self.nodeId)
  writer.string(self.incarnation)
  writer.string(to)
}

const readHello = (reader: Bytes.Reader): Hello => {
  if (reader.u32() !== MAGIC) throw new Bytes.Malformed()
  const versionMin = reader.u32()
  const versionMax = reader.u32()
  if (versionMin > VERSION_MAX || versionMax < VERSION_MIN) {
    reader.raw(reader.remaining)
    return { _tag: "Hello", versionMin, versionMax, introduction: undefined }
  }
  const from = {
    clusterId: reader.string(),
    nodeId: reader.string(),
    incarnation: reader.string()
  }
  return { _tag: "Hello", versionMin, versionMax, introduction: { from, to: reader.string() } }
}

const FOREIGN_MESSAGE_LIMIT = 512

const readAnswer = (reader: Bytes.Reader): Hello | Refused => {
  switch (reader.u8()) {
    case ACCEPTED:
      return readHello(reader)
    case REFUSED:
      return refuse(
        "RefusedByPeer",
        `the peer refuses: ${plain(reader.string(), FOREIGN_MESSAGE_LIMIT)}`
      )
    default:
      throw new Bytes.Malformed()
  }
}
