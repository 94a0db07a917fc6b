/**
 * What a server tells of a command, whichever it is: `COMMAND INFO`, `COMMAND DOCS`, the `HELP` of
 * its container and the table of docs/redis.md are made from this, and a request is measured by it
 * before the command is asked.
 */

/** How `COMMAND DOCS` and the documentation group commands. The last is only of this server. */
export type Group =
  | "bitmap"
  | "cluster"
  | "connection"
  | "generic"
  | "hash"
  | "pubsub"
  | "scripting"
  | "sentinel"
  | "server"
  | "string"
  | "transactions"
  | "raft"

export interface Description {
  /** In lower case; of a subcommand after its container's: "client|setname". */
  readonly name: string
  /** With the name; negative when it is the least of several (Redis's convention). */
  readonly arity: number
  readonly flags: ReadonlyArray<string>
  /**
   * Where keys stand among the words: first, last (from the end when negative) and step. Absent or
   * zeros if it has none.
   */
  readonly keys?: readonly [first: number, last: number, step: number]
  /**
   * What is done with its keys, by the flags of Redis's key specifications, such as "RW update":
   * one text for all keys, or one for each of two.
   */
  readonly access?: string | readonly [first: string, second: string]
  /** ACL categories in the place of its group's; those that its flags imply are added. */
  readonly categories?: ReadonlyArray<string>
  /** What a client that splits requests among nodes may go by. */
  readonly tips?: ReadonlyArray<string>
  readonly group: Group
  /** The version of Redis that had it first; of this server for what Redis does not have. */
  readonly since: string
  /** In one line. */
  readonly summary: string
  /** What is said after the name, as live/Syntax.ts reads it. */
  readonly syntax: string
  /** What is not as in Redis, in one line, if anything. */
  readonly differs?: string
}
