/**
 * What the operating system's error codes mean to this program.
 */
import { DiskError } from "../service/Disk.js"

export const codeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : undefined

export const toDisk = (
  operation: DiskError["operation"],
  file: string,
  cause: unknown
): DiskError => new DiskError({ operation, file, reason: reasonOf(codeOf(cause)), cause })

const reasonOf = (code: string | undefined): DiskError["reason"] => {
  switch (code) {
    case "ENOENT":
      return "NotFound"
    case "ENOSPC":
    case "EDQUOT":
      return "NoSpace"
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return "ReadOnly"
    default:
      return "Failed"
  }
}
