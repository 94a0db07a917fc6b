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
export const VERSION_MAX = 2

/** The protocols that a build speaks, both ends included. */
export interface Versions {
  readonly min: number
  readonly max: number
}

export const VERSIONS: Versions = { min: VERSION_MIN, max: VERSION_MAX }

/** The longest payload anybody may send before the two have agreed to talk. */
export const HANDSHAKE_LIMIT_BYTES = 4096

export interface Identity {
  readonly clusterId: string
  readonly nodeId: string
  /** Drawn when the node's data folder was made: a wiped folder comes back as somebody else. */
  readonly incarnation: string
}

/** Who is spoken to. */
export interface Listener {
  readonly self: Identity
  /** What this node speaks; `VERSIONS` if not given. */
  readonly versions?: Versions
}

/**
 * The other side is of this cluster, looks for this node, and understands it. Whether it is heard
 * depends on the incarnation, too (`Storage.acquaintances`).
 */
export interface Met {
  readonly _tag: "Met"
  readonly peer: string
  readonly incarnation: string
  /** The highest protocol that both speak: each of the two finds the same. */
  readonly version: number
}

export interface Refused {
  readonly _tag: "Refused"
  readonly reason:
    | "NoHandshake"
    | "UnsupportedVersion"
    | "WrongCluster"
    | "WrongNode"
    | "RefusedByPeer"
  /** What, why and what to do. */
  readonly message: string
}

/** Says who is speaking, and to whom it believes to speak. */
export const hello = (self: Identity, to: string, versions = VERSIONS): Uint8Array => {
  const writer = new Bytes.Writer()
  writeHello(writer, self, to, versions)
  return writer.written()
}

export const accepted = (self: Identity, to: string, versions = VERSIONS): Uint8Array => {
  const writer = new Bytes.Writer()
  writer.u8(ACCEPTED)
  writeHello(writer, self, to, versions)
  return writer.written()
}

/** `message` is at most a `Refused` message. */
export const refused = (message: string): Uint8Array => {
  const writer = new Bytes.Writer()
  writer.u8(REFUSED)
  writer.string(message)
  return writer.written()
}

export const examineHello = (payload: Uint8Array, listener: Listener): Met | Refused =>
  examine(Bytes.decode(payload, (reader) => readHello(reader, versionsOf(listener))), listener)

/** `peer` is who was dialled. */
export const examineAnswer = (
  payload: Uint8Array,
  peer: string,
  listener: Listener
): Met | Refused => {
  const answer = Bytes.decode(payload, (reader) => readAnswer(reader, versionsOf(listener)))
  if (answer?._tag === "Refused") return answer
  const met = examine(answer, listener)
  if (met._tag === "Refused" || met.peer === peer) return met
  return refuse(
    "WrongNode",
    `${plain(met.peer)} is where ${peer} should be: correct the addresses of the peers`
  )
}

const versionsOf = ({ versions = VERSIONS }: Listener): Versions => versions

interface Hello {
  readonly _tag: "Hello"
  readonly versions: Versions
  /** `undefined` if no version is shared: what follows the versions may then be anything. */
  readonly introduction: { readonly from: Identity; readonly to: string } | undefined
}

const examine = (hello: Hello | undefined, listener: Listener): Met | Refused => {
  const { self } = listener
  const { max, min } = versionsOf(listener)
  if (hello === undefined) {
    return refuse("NoHandshake", "what was sent is no handshake: no raftcache node is speaking")
  }
  if (hello.introduction === undefined) {
    const theirs = `${hello.versions.min} to ${hello.versions.max}`
    return refuse(
      "UnsupportedVersion",
      `the peer speaks protocol ${theirs}, ${self.nodeId} speaks ${min} to ${max}: upgrade the ` +
        "older one, through a version that speaks both if there is one"
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
  if (from.nodeId === self.nodeId) {
    return refuse(
      "WrongNode",
      `another node goes by the name of ${self.nodeId}, or an address of its peers is its own: ` +
        "give every node an id of its own, and correct the addresses of the peers"
    )
  }
  const version = Math.min(max, hello.versions.max)
  return { _tag: "Met", peer: from.nodeId, incarnation: from.incarnation, version }
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
const writeHello = (
  writer: Bytes.Writer,
  self: Identity,
  to: string,
  { max, min }: Versions
): void => {
  writer.u32(MAGIC)
  writer.u32(min)
  writer.u32(max)
  writer.string(self.clusterId)
  writer.string(self.nodeId)
  writer.string(self.incarnation)
  writer.string(to)
}

const readHello = (reader: Bytes.Reader, ours: Versions): Hello => {
  if (reader.u32() !== MAGIC) throw new Bytes.Malformed()
  const versions = { min: reader.u32(), max: reader.u32() }
  if (versions.min > versions.max) throw new Bytes.Malformed()
  if (versions.min > ours.max || versions.max < ours.min) {
    reader.raw(reader.remaining)
    return { _tag: "Hello", versions, introduction: undefined }
  }
  const from = {
    clusterId: reader.string(),
    nodeId: reader.string(),
    incarnation: reader.string()
  }
  return { _tag: "Hello", versions, introduction: { from, to: reader.string() } }
}

const FOREIGN_MESSAGE_LIMIT = 512

const readAnswer = (reader: Bytes.Reader, ours: Versions): Hello | Refused => {
  switch (reader.u8()) {
    case ACCEPTED:
      return readHello(reader, ours)
    case REFUSED:
      return refuse(
        "RefusedByPeer",
        `the peer refuses: ${plain(reader.string(), FOREIGN_MESSAGE_LIMIT)}`
      )
    default:
      throw new Bytes.Malformed()
  }
}
