/**
 * What a node puts into a log entry: a command and its place in the node's session, so that a
 * proposal that was forwarded, retried or committed twice applies once and in order (thesis 6.3). A
 * `Skip` takes the place of a command whose client was told that its outcome is unknown: the place
 * is used up, and nothing happens late.
 */
import * as Allocator from "../kv/Allocator.js"
import * as Latin1 from "../kv/Latin1.js"
import * as Words from "../kv/Words.js"
import * as Bytes from "./Bytes.js"

export interface Proposal {
  /** 16 hex digits: the incarnation of the node's data. */
  readonly client: string
  /** The node's start. */
  readonly epoch: number
  readonly sequence: number
  /** Undefined for a skip. A view of the encoded bytes. */
  readonly command: Uint8Array | undefined
}

const SKIP = 0
const COMMAND = 1

const CLIENT_BYTES = 16
const EPOCH_AT = 1 + CLIENT_BYTES
const SEQUENCE_AT = EPOCH_AT + Words.INTEGER_BYTES
/** What a proposal adds to its command. */
export const OVERHEAD_BYTES = SEQUENCE_AT + Words.INTEGER_BYTES

const writer = new Bytes.Writer()

export const encode = ({ client, command, epoch, sequence }: Proposal): Uint8Array => {
  writer.clear()
  writer.u8(command === undefined ? SKIP : COMMAND)
  for (let i = 0; i < CLIENT_BYTES; i++) writer.u8(client.charCodeAt(i))
  writer.integer(epoch)
  writer.integer(sequence)
  if (command !== undefined) writer.raw(command)
  return Allocator.copy(writer.written())
}

/**
 * Undefined for what no node of this version wrote. Without a `Reader`: every command that is
 * applied comes this way.
 */
export const decode = (bytes: Uint8Array): Proposal | undefined => {
  const kind = bytes[0]
  if (bytes.length < OVERHEAD_BYTES || (kind !== SKIP && kind !== COMMAND)) return undefined
  const client = clientOf(bytes)
  const epoch = Words.readInteger(bytes, EPOCH_AT)
  const sequence = Words.readInteger(bytes, SEQUENCE_AT)
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(sequence)) return undefined
  const command = kind === COMMAND ? bytes.subarray(OVERHEAD_BYTES) : undefined
  return { client, epoch, sequence, command }
}

let lastClient = ""

/** Mostly that of the proposal before: then it is the same string, whose hash the engine knows. */
const clientOf = (bytes: Uint8Array): string => {
  for (let at = 0; at < CLIENT_BYTES; at++) {
    if (lastClient.charCodeAt(at) === bytes[1 + at]) continue
    lastClient = Latin1.decode(bytes, 1, EPOCH_AT)
    break
  }
  return lastClient
}
