/**
 * One process to a folder. Node has no file locks, so a process that wants the folder listens on a
 * Unix socket in it, under a name of its own: the socket answers as long as its process lives, and
 * a killed process leaves one that does not.
 *
 * First show yourself, then look around. A process that starts makes its socket, and when it
 * listens renames it to where the others look; then it tries all of theirs. One that answers means
 * that the folder is taken. One that refuses is dead for ever, since none is seen before it
 * listens, and is removed. Of two that start together at least one sees the other: both may be
 * turned away, but never both let in.
 *
 * It tells processes of one machine apart, also in containers that share the folder; not those of
 * two machines that share it over a network.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { createHash, randomBytes } from "node:crypto"
import * as FileSystem from "node:fs/promises"
import * as Net from "node:net"
import * as OperatingSystem from "node:os"
import * as Path from "node:path"
import { DiskError } from "../service/Disk.js"
import * as SystemError from "./SystemError.js"

/** The longest path to a Unix socket that every system takes. */
const PATH_BYTES_MAX = 100

/**
 * Holds the folder until the scope closes; fails with the reason `Locked` while another process
 * does.
 */
export const acquire = (folder: string): Effect.Effect<void, DiskError, Scope.Scope> =>
  Effect.gen(function*() {
    const place = yield* choosePlace(folder)
    const own = `${place.prefix}${randomBytes(4).toString("hex")}`
    yield* Effect.acquireRelease(show(folder, place.folder, own), ({ hide }) => hide)
    for (const other of yield* attempt(folder, () => othersIn(place, own))) {
      if (yield* answers(other)) {
        const cause = new Error(`its lock ${other} is held`)
        return yield* new DiskError({ operation: "open", file: folder, reason: "Locked", cause })
      }
      yield* attempt(folder, () => FileSystem.rm(other, { force: true }))
    }
  })

/** Whether a process holds the folder; leaves everything there as it is. */
export const isHeld = (folder: string): Effect.Effect<boolean, DiskError> =>
  Effect.gen(function*() {
    const place = yield* choosePlace(folder)
    for (const other of yield* attempt(folder, () => othersIn(place, ""))) {
      if (yield* answers(other)) return true
    }
    return false
  })

/** Where the sockets of a folder are, and how their names begin. */
interface Place {
  readonly folder: string
  readonly prefix: string
}

/**
 * The folder itself, or the system's for temporary files if the path would be too long for a
 * socket.
 */
const choosePlace = (folder: string): Effect.Effect<Place, DiskError> =>
  Effect.map(attempt(folder, () => FileSystem.realpath(folder)), (real) => {
    const longest = Path.join(real, ".lock-00000000")
    if (Buffer.byteLength(longest) <= PATH_BYTES_MAX) return { folder: real, prefix: "lock-" }
    const hash = createHash("sha256").update(real).digest("hex").slice(0, 16)
    return { folder: OperatingSystem.tmpdir(), prefix: `raftcache-${hash}-` }
  })

const othersIn = async ({ folder, prefix }: Place, own: string): Promise<ReadonlyArray<string>> => {
  const files = await FileSystem.readdir(folder, { withFileTypes: true })
  return files
    .filter((file) => file.isSocket() && file.name.startsWith(prefix) && file.name !== own)
    .map((file) => Path.join(folder, file.name))
}

/** Listens on the socket `name`, which nobody sees before it answers. */
const show = (folder: string, place: string, name: string) =>
  Effect.gen(function*() {
    const path = Path.join(place, name)
    const hidden = Path.join(place, `.${name}`)
    const server = yield* listen(folder, hidden)
    const close = Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
    yield* attempt(folder, () => FileSystem.rename(hidden, path)).pipe(Effect.onError(() => close))
    const remove = Effect.ignore(attempt(folder, () => FileSystem.rm(path, { force: true })))
    return { hide: Effect.zipRight(close, remove) }
  })

const listen = (folder: string, path: string): Effect.Effect<Net.Server, DiskError> =>
  Effect.async((resume) => {
    const server = Net.createServer((socket) => socket.destroy())
    server.on("error", (cause) => resume(Effect.fail(SystemError.toDisk("open", folder, cause))))
    server.listen(path, () => resume(Effect.succeed(server)))
    server.unref()
  })

/** Whatever is not certainly dead counts as alive. */
const answers = (path: string): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const socket = Net.connect(path)
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.once("error", (cause) => {
      const code = SystemError.codeOf(cause)
      resume(Effect.succeed(code !== "ECONNREFUSED" && code !== "ENOENT"))
    })
  })

const attempt = <A>(folder: string, run: () => Promise<A>): Effect.Effect<A, DiskError> =>
  Effect.tryPromise({ try: run, catch: (cause) => SystemError.toDisk("open", folder, cause) })
