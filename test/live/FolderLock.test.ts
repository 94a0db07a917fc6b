import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { build } from "esbuild"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import * as FileSystem from "node:fs/promises"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import * as FolderLock from "../../src/live/FolderLock.js"
import { temporaryFolder } from "./TemporaryFolder.js"

/** Tries to hold the folder: a way to let it go, or why not. */
const hold = (folder: string) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const exit = yield* Effect.exit(Scope.extend(FolderLock.acquire(folder), scope))
    yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
    return { exit, release: Scope.close(scope, Exit.void) }
  })

const assertHeld = (folder: string) =>
  Effect.map(Effect.flip(Effect.scoped(FolderLock.acquire(folder))), (error) => {
    assert.strictEqual(error.reason, "Locked")
    assert.strictEqual(error.file, folder)
  }).pipe(Effect.orDieWith(() => "it was not held"))

const assertFree = (folder: string) => Effect.orDie(Effect.scoped(FolderLock.acquire(folder)))

const filesIn = (folder: string) => Effect.promise(() => FileSystem.readdir(folder))

const exited = (child: ChildProcess) => Effect.promise(() => once(child, "exit"))

/** Another process that holds the folder. */
const holder = (folder: string, workFolder: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const script = Path.join(workFolder, "holder.mjs")
      const source = fileURLToPath(new URL("./FolderHolder.ts", import.meta.url))
      await build({
        entryPoints: [source],
        outfile: script,
        bundle: true,
        platform: "node",
        format: "esm"
      })
      const child = spawn(process.execPath, [script, folder], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      await once(child.stdout, "data")
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

describe("a folder", () => {
  it.scoped("is held by one at a time, until it lets go", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const first = yield* hold(folder)
      assert.isTrue(Exit.isSuccess(first.exit))
      yield* assertHeld(folder)
      yield* assertHeld(folder)
      yield* first.release
      assert.deepStrictEqual(yield* filesIn(folder), [])
      yield* assertFree(folder)
    }))

  it.scoped("is held by at most one of many who come at once, and by the next to come alone", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      for (let round = 0; round < 10; round++) {
        const all = yield* Effect.replicateEffect(hold(folder), 8, { concurrency: "unbounded" })
        const holding = all.filter(({ exit }) => Exit.isSuccess(exit))
        assert.isAtMost(holding.length, 1)
        yield* Effect.forEach(all, ({ release }) => release)
        yield* assertFree(folder)
      }
    }))

  it.scoped(
    "is held by another process as long as that lives, even stopped, and no longer",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const child = yield* holder(folder, yield* temporaryFolder)
        yield* assertHeld(folder)
        child.kill("SIGSTOP")
        yield* assertHeld(folder)
        child.kill("SIGKILL")
        yield* exited(child)
        assert.lengthOf(yield* filesIn(folder), 1)
        yield* assertFree(folder)
        assert.deepStrictEqual(yield* filesIn(folder), [])
      }),
    20_000
  )

  it.scoped("may have a path too long for a socket", () =>
    Effect.gen(function*() {
      const folder = Path.join(yield* temporaryFolder, "long".repeat(40))
      yield* Effect.promise(() => FileSystem.mkdir(folder))
      const first = yield* hold(folder)
      assert.isTrue(Exit.isSuccess(first.exit))
      assert.deepStrictEqual(yield* filesIn(folder), [])
      yield* assertHeld(folder)
      yield* first.release
      yield* assertFree(folder)
    }))

  it.scoped.each(["short", "long".repeat(40)])(
    "is the same by whatever path it is reached: %s",
    (name) =>
      Effect.gen(function*() {
        const folder = Path.join(yield* temporaryFolder, name)
        const other = Path.join(yield* temporaryFolder, "link")
        yield* Effect.promise(() => FileSystem.mkdir(folder))
        yield* Effect.promise(() => FileSystem.symlink(folder, other))
        yield* hold(folder)
        yield* assertHeld(other)
      })
  )

  it.scoped("keeps a file that is only named like a lock", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.promise(() => FileSystem.writeFile(Path.join(folder, "lock-1"), "mine"))
      yield* assertFree(folder)
      assert.deepStrictEqual(yield* filesIn(folder), ["lock-1"])
    }))
})
