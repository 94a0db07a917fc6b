/**
 * Why a node cannot use its data folder, in the words its operator reads: what happened, why it
 * stops the node, and what to do.
 */
import type { DiskError } from "../service/Disk.js"
import { StorageError } from "../service/Storage.js"

/** `location` is the disk's. */
export const fromDisk = (location: string) => (cause: DiskError): StorageError => {
  const { file, operation, reason } = cause
  const attempt = `${operation} of ${file}`
  switch (reason) {
    case "Locked":
      return new StorageError({
        reason: "Locked",
        message: `The data folder ${location} is in use by another running node. ` +
          "A folder serves one node: stop the other, or give this one a folder of its own.",
        cause
      })
    case "NoSpace":
      return new StorageError({
        reason: "Full",
        message: `No space is left for the data folder ${location} (${attempt}). ` +
          "The node stops, because it cannot promise to remember anything more; nothing it " +
          "acknowledged is lost. Free space or raise the quota, then start it again.",
        cause
      })
    case "ReadOnly":
      return new StorageError({
        reason: "ReadOnly",
        message: `The data folder ${location} cannot be written (${attempt}): it is mounted ` +
          "read-only, or its permissions refuse this user. Make it writable, then start the node " +
          "again.",
        cause
      })
    case "NotFound":
    case "Failed":
      return new StorageError({
        reason: "Failed",
        message: `The disk failed under the data folder ${location} ` +
          `(${attempt}: ${
            describe(cause.cause)
          }). The node stops and does not try again, because ` +
          "after a failed write nobody knows what the disk holds. Look at the system's log and " +
          "check the disk before you start the node again.",
        cause
      })
  }
}

/** A snapshot could not be written or read; the log is not touched by it. */
export const ofSnapshot = (location: string) => (cause: DiskError): StorageError =>
  new StorageError({
    reason: cause.reason === "NoSpace" ? "Full" : "Failed",
    message:
      `a snapshot in the data folder ${location} failed (${cause.operation} of ${cause.file}: ` +
      `${cause.reason === "NoSpace" ? "no space is left" : describe(cause.cause)}). Nothing is ` +
      "lost, but the log grows until there is one: free space, or look at the system's log.",
    cause
  })

/** Whom the node has met could not be written down. */
export const ofPeers = (location: string) => (cause: DiskError): StorageError =>
  new StorageError({
    reason: cause.reason === "NoSpace" ? "Full" : "Failed",
    message: `the data folder ${location} could not take down who was met (${cause.operation} of ` +
      `${cause.file}: ${describe(cause.cause)}): free space, or look at the system's log`,
    cause
  })

/** `where` is a file, and if it is known the byte from which on it is not as it was written. */
export const corrupt = (location: string, where: string, why: string): StorageError =>
  new StorageError({
    reason: "Corrupt",
    message:
      `The data folder ${location} is damaged: ${where}: ${why}. What this node promised the ` +
      "cluster may be gone, so it must not take part with this folder. Do not edit it: move it " +
      "away, check the disk, and restore the node from the other members (docs/operations.md)."
  })

export const foreign = (location: string, why: string): StorageError =>
  new StorageError({
    reason: "Foreign",
    message: `The data folder ${location} is not this node's: ${why}`
  })

export const otherFormat = (location: string, file: string, formatVersion: number): StorageError =>
  new StorageError({
    reason: "Version",
    message:
      `The data folder ${location} is in a format this version does not know: ${file} is in ` +
      `format ${formatVersion}. It was written by another version of raftcache: start that one, ` +
      "and see its release notes before changing versions."
  })

const describe = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)
