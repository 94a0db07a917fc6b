/**
 * A folder for one test, removed with everything in it when the test's scope closes.
 */
import { Effect } from "effect"
import * as FileSystem from "node:fs/promises"
import * as OperatingSystem from "node:os"
import * as Path from "node:path"

export const temporaryFolder = Effect.acquireRelease(
  Effect.promise(() => FileSystem.mkdtemp(Path.join(OperatingSystem.tmpdir(), "raftcache-test-"))),
  (folder) => Effect.promise(() => FileSystem.rm(folder, { recursive: true, force: true }))
)
