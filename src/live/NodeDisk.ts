/**
 * A folder of this machine as a `Disk`, and the node's storage on it. A file stays open from the
 * first write to it until it is renamed or removed, so that the log's append and fdatasync are one
 * system call each. The folder is this process's alone while the layer lives (FolderLock.ts).
 *
 * No operation can be interrupted: the system would go on with it, perhaps after its file was
 * closed and the handle given to another.
 */
import { Effect, Layer } from "effect"
import type { Scope } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import * as Allocator from "../kv/Allocator.js"
import * as StorageFailure from "../node/StorageFailure.js"
import * as WriteAheadLog from "../node/WriteAheadLog.js"
import { Disk } from "../service/Disk.js"
import type { DiskError } from "../service/Disk.js"
import type { Storage, StorageError } from "../service/Storage.js"
import * as FolderLock from "./FolderLock.js"
import * as SystemError from "./SystemError.js"

/** Makes the folder if there is none. Fails with `Locked` while another process uses it. */
export const layer = (folder: string): Layer.Layer<Disk, DiskError> =>
  Layer.scoped(Disk, make(Path.resolve(folder)))

/** The write-ahead log in a folder of this machine. */
export const layerStorage = (
  folder: string,
  options: WriteAheadLog.Options
): Layer.Layer<Storage, StorageError> =>
  WriteAheadLog.layer(options).pipe(
    Layer.provide(Layer.mapError(layer(folder), StorageFailure.fromDisk(Path.resolve(folder))))
  )

const { O_APPEND, O_CREAT, O_WRONLY } = FileSystem.constants

const make = (folder: string): Effect.Effect<Disk["Type"], DiskError, Scope.Scope> =>
  Effect.gen(function*() {
    yield* makeFolder(folder)
    yield* FolderLock.acquire(folder)
    const directory = yield* Effect.acquireRelease(openDirectory(folder), close)
    const { onHandle, release } = yield* makeHandles(folder)
    const pathOf = (file: string) => Path.join(folder, file)
    return Disk.of({
      location: folder,
      list: Effect.map(
        attempt<Array<FileSystem.Dirent>>(
          "list",
          folder,
          (done) => FileSystem.readdir(folder, { withFileTypes: true }, done)
        ),
        (found) => found.filter((each) => each.isFile()).map((each) => each.name)
      ),
      read: (file) => attempt<Uint8Array>("read", file, (done) => readWhole(pathOf(file), done)),
      readPart: (file, offset, target) =>
        attempt<number>("read", file, (done) => readPart(pathOf(file), offset, target, done)),
      append: (file, bytes) =>
        onHandle(
          "append",
          file,
          (handle, done) => writeAll(handle, bytes, 0, done),
          O_WRONLY | O_APPEND | O_CREAT
        ),
      sync: (file) => onHandle("sync", file, FileSystem.fdatasync),
      truncate: (file, size) =>
        onHandle("truncate", file, (handle, done) => FileSystem.ftruncate(handle, size, done)),
      rename: (from, to) =>
        Effect.zipRight(
          Effect.zipRight(release(from), release(to)),
          attempt<void>("rename", from, (done) => FileSystem.rename(pathOf(from), pathOf(to), done))
        ),
      remove: (file) =>
        Effect.zipRight(
          release(file),
          attempt<void>("remove", file, (done) => FileSystem.unlink(pathOf(file), done))
        ),
      syncDirectory: syncDirectory(folder)(directory)
    })
  })

/** The open files of the folder, by name; closed with the scope. */
const makeHandles = (folder: string) =>
  Effect.gen(function*() {
    const handles = yield* Effect.acquireRelease(
      Effect.sync(() => new Map<string, number>()),
      (open) => Effect.forEach(open.values(), close, { discard: true })
    )

    /** Everything is opened for appending, whatever it is opened for: one handle serves all. */
    const handleOf = (operation: Operation, file: string, flags = O_WRONLY | O_APPEND) =>
      Effect.suspend(() => {
        const open = handles.get(file)
        if (open !== undefined) return Effect.succeed(open)
        const path = Path.join(folder, file)
        return Effect.tap(
          attempt<number>(operation, file, (done) => FileSystem.open(path, flags, done)),
          (handle) => void handles.set(file, handle)
        )
      })

    const onHandle = (
      operation: Operation,
      file: string,
      run: (handle: number, done: Done<void>) => void,
      flags?: number
    ) =>
      Effect.flatMap(
        handleOf(operation, file, flags),
        (handle) => attempt<void>(operation, file, (done) => run(handle, done))
      )

    const release = (file: string) =>
      Effect.suspend(() => {
        const handle = handles.get(file)
        handles.delete(file)
        return handle === undefined ? Effect.void : close(handle)
      })

    return { onHandle, release }
  })

/** A folder is durable once the one above it is synced, and so are those made for it on the way. */
const makeFolder = (folder: string): Effect.Effect<void, DiskError> =>
  Effect.gen(function*() {
    let made = folder
    const mkdir = (recursive: boolean) =>
      attempt<string | undefined>("open", folder, (done) =>
        FileSystem.mkdir(folder, { recursive }, done))
    // On a read-only disk the recursive one says that the folder is not there, the plain one why.
    const topmost = yield* Effect.catchIf(
      mkdir(true),
      ({ reason }) =>
        reason === "NotFound",
      () =>
        Effect.as(mkdir(false), folder)
    )
    while (topmost !== undefined && made.length >= topmost.length) {
      made = Path.dirname(made)
      yield* Effect.acquireUseRelease(openDirectory(made), syncDirectory(made), close)
    }
  })

const syncDirectory = (folder: string) => (handle: number) =>
  attempt<void>("syncDirectory", folder, (done) => FileSystem.fsync(handle, done))

const openDirectory = (folder: string) =>
  attempt<number>("open", folder, (done) => FileSystem.open(folder, "r", done))

const close = (handle: number): Effect.Effect<void> =>
  Effect.async((resume) => FileSystem.close(handle, () => resume(Effect.void)))

/** A whole file is read in pieces of this size, all at once: several threads copy faster. */
const PIECE_BYTES = 4 * 1024 * 1024

const readWhole = (path: string, done: Done<Uint8Array>): void =>
  onceOpen(path, done, (handle, done) => {
    const bytes = Allocator.allocate(FileSystem.fstatSync(handle).size)
    const pieces = Math.max(1, Math.ceil(bytes.length / PIECE_BYTES))
    let [left, failure]: [number, Error | null] = [pieces, null]
    for (let piece = 0; piece < pieces; piece++) {
      const from = piece * PIECE_BYTES
      readAll(handle, from, bytes.subarray(from, from + PIECE_BYTES), 0, (error) => {
        failure ??= error
        if (--left === 0) done(failure, bytes)
      })
    }
  })

const readPart = (path: string, offset: number, target: Uint8Array, done: Done<number>): void =>
  onceOpen(path, done, (handle, done) => readAll(handle, offset, target, 0, done))

/**
 * Has `run` read from a handle of its own, which nobody else closes. The file is opened at once: it
 * takes less than a trip to another thread and back.
 */
const onceOpen = <A>(
  path: string,
  done: Done<A>,
  run: (handle: number, done: Done<A>) => void
): void => {
  let handle: number | undefined
  const end: Done<A> = (error, value) => {
    if (handle !== undefined) FileSystem.closeSync(handle)
    done(error, value)
  }
  try {
    handle = FileSystem.openSync(path, "r")
    run(handle, end)
  } catch (error) {
    end(error as Error)
  }
}

/** Tells how many bytes of `target` were there: fewer than all only at the file's end. */
const readAll = (
  handle: number,
  offset: number,
  target: Uint8Array,
  from: number,
  done: Done<number>
): void =>
  FileSystem.read(handle, target, from, target.length - from, offset + from, (error, count) => {
    const end = from + count
    if (error || count === 0 || end === target.length) done(error, end)
    else readAll(handle, offset, target, end, done)
  })

/**
 * Up to this much is handed to the system at once: it only copies it, which takes less than a trip
 * to another thread and back. What may take long is the sync, and that never blocks.
 */
const COPIED_LIMIT_BYTES = 256 * 1024

const writeAll = (handle: number, bytes: Uint8Array, from: number, done: Done<void>): void => {
  if (bytes.length - from <= COPIED_LIMIT_BYTES) return done(copyAll(handle, bytes, from))
  FileSystem.write(handle, bytes, from, bytes.length - from, null, (error, written) => {
    if (error || from + written === bytes.length) done(error)
    else writeAll(handle, bytes, from + written, done)
  })
}

const copyAll = (handle: number, bytes: Uint8Array, from: number): Error | null => {
  try {
    for (let at = from; at < bytes.length;) at += FileSystem.writeSync(handle, bytes, at)
    return null
  } catch (error) {
    return error as Error
  }
}

type Operation = DiskError["operation"]

type Done<A> = (error: Error | null, value?: A) => void

const attempt = <A>(
  operation: Operation,
  file: string,
  run: (done: Done<A>) => void
): Effect.Effect<A, DiskError> =>
  Effect.uninterruptible(Effect.async<A, DiskError>((resume) =>
    run((error, value) =>
      resume(
        error
          ? Effect.fail(SystemError.toDisk(operation, file, error))
          : Effect.succeed(value as A)
      )
    )
  ))
