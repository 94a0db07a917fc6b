/**
 * The few file operations the write-ahead log needs, in one flat folder. Everything above it,
 * recovery included, runs unchanged against a simulated disk that tears, loses and corrupts writes.
 */
import { Context, Data } from "effect"
import type { Effect } from "effect"

export class DiskError extends Data.TaggedError("DiskError")<{
  readonly operation:
    | "open"
    | "list"
    | "read"
    | "append"
    | "sync"
    | "truncate"
    | "rename"
    | "remove"
    | "syncDirectory"
  /** The file's name within the folder, or the folder. */
  readonly file: string
  /** `NoSpace` is a full disk or quota, `ReadOnly` includes a lack of permission. */
  readonly reason: "NotFound" | "NoSpace" | "ReadOnly" | "Locked" | "Failed"
  readonly cause: unknown
}> {}

export class Disk extends Context.Tag("raftcache/Disk")<Disk, {
  /** Where this disk is, for error messages. */
  readonly location: string
  /** The names of all files, in no particular order. */
  readonly list: Effect.Effect<ReadonlyArray<string>, DiskError>
  /** The whole file. */
  readonly read: (file: string) => Effect.Effect<Uint8Array, DiskError>
  /** Fills `target` from byte `offset` on. Returns how many there were, fewer only at the end. */
  readonly readPart: (
    file: string,
    offset: number,
    target: Uint8Array
  ) => Effect.Effect<number, DiskError>
  /** Adds at the end; makes the file when it is not there. Not durable before `sync`. */
  readonly append: (file: string, bytes: Uint8Array) => Effect.Effect<void, DiskError>
  /** Returns once the file's content and length would survive a power cut (fdatasync). */
  readonly sync: (file: string) => Effect.Effect<void, DiskError>
  /** Cuts the file to `size` bytes. Not durable before `sync`. */
  readonly truncate: (file: string, size: number) => Effect.Effect<void, DiskError>
  /** Replaces `to` in one step. Not durable before `syncDirectory`. */
  readonly rename: (from: string, to: string) => Effect.Effect<void, DiskError>
  /** Not durable before `syncDirectory`. */
  readonly remove: (file: string) => Effect.Effect<void, DiskError>
  /**
   * Returns once every file made, renamed or removed so far would be found so after a power cut.
   */
  readonly syncDirectory: Effect.Effect<void, DiskError>
}>() {}
