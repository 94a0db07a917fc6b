/**
 * Exactly once, in order: what turns "sent until it is heard of" into one effect (thesis 6.3). A
 * client numbers its commands 1, 2, 3 within an epoch, and resends the same number until it sees it
 * applied; the table, part of the replicated state, lets each number pass once and in turn. A node
 * is one client, and each of its starts is a new epoch. Mutable as the Store is, and for the same
 * reason.
 */

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
