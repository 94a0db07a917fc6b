/**
 * A process of its own that holds the folder it is given, for tests that kill it: says so, then
 * waits.
 */
import { Effect } from "effect"
import * as FolderLock from "../../src/live/FolderLock.js"

FolderLock.acquire(process.argv[2]!).pipe(
  Effect.zipRight(Effect.sync(() => process.stdout.write("held\n"))),
  Effect.zipRight(Effect.never),
  Effect.scoped,
  Effect.runFork
)
