/**
 * A configuration as bytes, the same in messages, in the log and in snapshots. Its index is not
 * among them where an entry says it already.
 */
import type { Configuration } from "../raft/Configuration.js"
import type { Index } from "../raft/EntryId.js"
import * as Bytes from "./Bytes.js"
import type { Reader, Writer } from "./Bytes.js"

/** A length. */
const STRING_BYTES_MIN = 4

/** The four lists and the addresses, all empty. */
export const BYTES_MIN = 5 * 4

export const encode = (writer: Writer, configuration: Configuration): void => {
  const { addresses, learners, leaving, outgoing, voters } = configuration
  for (const ids of [voters, outgoing, learners, leaving]) encodeIds(writer, ids)
  const ids = Object.keys(addresses).sort(byCodeUnits)
  writer.u32(ids.length)
  for (const id of ids) {
    writer.string(id)
    writer.string(addresses[id] ?? "")
  }
}

export const decode = (reader: Reader, index: Index): Configuration => ({
  index,
  voters: decodeIds(reader),
  outgoing: decodeIds(reader),
  learners: decodeIds(reader),
  leaving: decodeIds(reader),
  addresses: decodeAddresses(reader)
})

const encodeIds = (writer: Writer, ids: ReadonlyArray<string>): void => {
  writer.u32(ids.length)
  for (const id of ids) writer.string(id)
}

const decodeIds = (reader: Reader): ReadonlyArray<string> => {
  const count = reader.count(STRING_BYTES_MIN)
  const ids: Array<string> = []
  for (let at = 0; at < count; at++) ids.push(reader.string())
  return ids
}

/** In ascending order of ids: one encoding for each value. */
const decodeAddresses = (reader: Reader): Readonly<Record<string, string>> => {
  const count = reader.count(2 * STRING_BYTES_MIN)
  const addresses: Array<readonly [id: string, address: string]> = []
  for (let at = 0; at < count; at++) {
    const id = reader.string()
    const before = addresses.at(-1)
    if (before !== undefined && byCodeUnits(before[0], id) >= 0) throw new Bytes.Malformed()
    addresses.push([id, reader.string()])
  }
  return Object.fromEntries(addresses)
}

const byCodeUnits = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0
