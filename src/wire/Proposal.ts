/**
 * What a node puts into a log entry: a command and its place in the node's session, so that a
 * proposal that was forwarded, retried or committed twice applies once and in order (thesis 6.3). A
 * `Skip` takes the place of a command whose client was told that its outcome is unknown: the place
 * is used up, and nothing happens late.
 */
import * as Latin1 from "../kv/Latin1.js"
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
/** What a proposal adds to its command. */
export const OVERHEAD_BYTES = 1 + CLIENT_BYTES + 8 + 8

const writer = new Bytes.Writer()

export const encode = ({ client, command, epoch, sequence }: Proposal): Uint8Array => {
  writer.clear()
  writer.u8(command === undefined ? SKIP : COMMAND)
  for (let i = 0; i < CLIENT_BYTES; i++) writer.u8(client.charCodeAt(i))
  writer.integer(epoch)
  writer.integer(sequence)
  if (command !== undefined) writer.raw(command)
  return writer.copy()
}

/**
 * Undefined for what no node of this version wrote. By hand and without a reader: it is asked of
 * every command when it is proposed and when it is applied.
 */
export const decode = (bytes: Uint8Array): Proposal | undefined => {
  const kind = bytes[0]
  if (bytes.length < OVERHEAD_BYTES || (kind !== SKIP && kind !== COMMAND)) return undefined
  const client = readClient(bytes, 1)
  const epoch = readInteger(bytes, 1 + CLIENT_BYTES)
  const sequence = readInteger(bytes, 1 + CLIENT_BYTES + 8)
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(sequence)) return undefined
  return {
    client,
    epoch,
    sequence,
    command: kind === COMMAND ? bytes.subarray(OVERHEAD_BYTES) : undefined
  }
}

/** Proposals come in batches of one node: most often the client is that of the one before. */
let lastClient = ""

const readClient = (bytes: Uint8Array, at: number): string => {
  let same = 0
  while (same < CLIENT_BYTES && lastClient.charCodeAt(same) === bytes[at + same]) same++
  if (same < CLIENT_BYTES) lastClient = Latin1.decode(bytes, at, at + CLIENT_BYTES)
  return lastClient
}

const HIGH_WORD = 0x1_0000_0000

const readInteger = (bytes: Uint8Array, at: number): number =>
  readWord(bytes, at) + HIGH_WORD * readWord(bytes, at + 4)

const readWord = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24) >>> 0
