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

/** Undefined for what no node of this version wrote. */
export const decode = (bytes: Uint8Array): Proposal | undefined =>
  Bytes.decode(bytes, (reader) => {
    const kind = reader.u8()
    if (kind !== SKIP && kind !== COMMAND) throw new Bytes.Malformed()
    const client = Latin1.decode(reader.raw(CLIENT_BYTES), 0, CLIENT_BYTES)
    const epoch = reader.integer()
    const sequence = reader.integer()
    const rest = reader.raw(reader.remaining)
    return { client, epoch, sequence, command: kind === COMMAND ? rest : undefined }
  })
