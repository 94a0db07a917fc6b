/**
 * Exactly once, in order: what turns "sent until it is heard of" into one effect (thesis 6.3). A
 * client numbers its commands 1, 2, 3 within an epoch, and resends the same number until it sees it
 * applied; the table, part of the replicated state, lets each number pass once and in turn. A node
 * is one client, and each of its starts is a new epoch. Mutable as the Store is, and for the same
 * reason.
 */
import * as Latin1 from "./Latin1.js"
import * as Words from "./Words.js"

/** Where a command stands: from whom, in which life of that client, and its place in it, from 1. */
export interface Position {
  /** 16 hex digits. */
  readonly client: string
  /** A positive safe integer; a greater one begins anew and ends all smaller ones. */
  readonly epoch: number
  readonly sequence: number
}

/**
 * - `Apply`: its turn; it is now counted as applied.
 * - `Duplicate`: it was applied before.
 * - `Gap`: one before it is missing. It must not be applied; the client resends from the missing
 *   one.
 * - `Stale`: its epoch is over, and whoever waited for it is gone.
 */
export type Verdict = "Apply" | "Duplicate" | "Gap" | "Stale"

interface Row {
  epoch: number
  /** The last applied sequence of the epoch, 0 before the first. */
  last: number
}

/** One row for each client that was ever heard of. Only `admit` writes to it. */
export interface Table {
  readonly rows: ReadonlyMap<string, Readonly<Row>>
}

export const make = (): Table => ({ rows: new Map() })

/** Called for every command in log order; only on `Apply` may the command be applied. */
export const admit = (self: Table, { client, epoch, sequence }: Position): Verdict => {
  const rows = self.rows as Map<string, Row>
  let row = rows.get(client)
  if (row === undefined) {
    row = { epoch, last: 0 }
    rows.set(client, row)
  } else if (epoch > row.epoch) {
    row.epoch = epoch
    row.last = 0
  } else if (epoch < row.epoch) {
    return "Stale"
  }
  if (sequence <= row.last) return "Duplicate"
  if (sequence > row.last + 1) return "Gap"
  row.last = sequence
  return "Apply"
}

/** Takes back the last `Apply` of this client, and whichever came before it down to `position`. */
export const withdraw = (self: Table, { client, epoch, sequence }: Position): void => {
  const row = (self.rows as Map<string, Row>).get(client)
  if (row?.epoch === epoch) row.last = Math.min(row.last, sequence - 1)
}

export const copy = ({ rows }: Table): Table => ({
  rows: new Map(Array.from(rows, ([client, row]) => [client, { ...row }]))
})

/** For a snapshot: 16 bytes of client, 8 of epoch, 8 of sequence for each row. */
const CLIENT_BYTES = 16
const ROW_BYTES = CLIENT_BYTES + 2 * Words.INTEGER_BYTES

/** All of the table as it is now. */
export const encode = ({ rows }: Table): Uint8Array => {
  const bytes = new Uint8Array(rows.size * ROW_BYTES)
  let at = 0
  for (const [client, { epoch, last }] of rows) {
    Latin1.write(client, bytes, at)
    Words.writeInteger(epoch, bytes, at + CLIENT_BYTES)
    Words.writeInteger(last, bytes, at + CLIENT_BYTES + Words.INTEGER_BYTES)
    at += ROW_BYTES
  }
  return bytes
}

export const decode = (bytes: Uint8Array): Table => {
  const rows = new Map<string, Row>()
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const client = Latin1.decode(bytes, at, at + CLIENT_BYTES)
    const epoch = Words.readInteger(bytes, at + CLIENT_BYTES)
    const last = Words.readInteger(bytes, at + CLIENT_BYTES + Words.INTEGER_BYTES)
    rows.set(client, { epoch, last })
  }
  return { rows }
}

/** The last sequence of this client's epoch that was applied; 0 if none was. */
export const lastOf = ({ rows }: Table, client: string, epoch: number): number => {
  const row = rows.get(client)
  return row?.epoch === epoch ? row.last : 0
}
