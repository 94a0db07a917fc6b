/**
 * What a node tells its peers about itself beside what Raft has to say: where it serves Redis
 * clients, which the log does not know. A note is a frame of its own kind (Frame.ts), between two
 * networks and not for the node behind them. It may be repeated, and only the last one counts.
 */
import * as Bytes from "./Bytes.js"

/** The first protocol in which there are notes. */
export const VERSION = 2

// Never reused for another meaning: nodes of two versions may meet.
const SERVES = 1

/** "Redis clients reach me at `host:port`." */
export const serves = (endpoint: string): Uint8Array => {
  const writer = new Bytes.Writer()
  writer.u8(SERVES)
  writer.string(endpoint)
  return writer.written()
}

/** The endpoint. Undefined if it is another note, such as one of a later version. */
export const read = (note: Uint8Array): string | undefined =>
  Bytes.decode(note, (reader) => {
    if (reader.u8() !== SERVES) throw new Bytes.Malformed()
    return reader.string()
  })
