/**
 * A folder of this machine as a `Disk` that is only looked at: no lock, no handle kept, nothing
 * made. Whatever would change it fails with `ReadOnly`.
 */
import { Effect, Layer } from "effect"
import * as FileSystem from "node:fs/promises"
import * as Path from "node:path"
import { Disk, DiskError } from "../service/Disk.js"
import * as SystemError from "./SystemError.js"

/** Whether there is such a folder and such a file in it. */
export const holds = (folder: string, file: string): Effect.Effect<boolean> =>
  Effect.flatMap(Disk, ({ list }) => list).pipe(
    Effect.map((files) => files.includes(file)),
    Effect.orElseSucceed(() => false),
    Effect.provide(layer(folder))
  )

export const layer = (folder: string): Layer.Layer<Disk> => {
  const location = Path.resolve(folder)
  return Layer.succeed(Disk, {
    location,
    list: Effect.tryPromise({
      try: async () => {
        const found = await FileSystem.readdir(location, { withFileTypes: true })
        return found.filter((each) => each.isFile()).map((each) => each.name)
      },
      catch: (cause) => SystemError.toDisk("list", location, cause)
    }),
    // Not the buffer itself, whose `slice` would be a view.
    read: (file) =>
      Effect.tryPromise({
        try: async () => {
          const bytes = await FileSystem.readFile(Path.join(location, file))
          return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        },
        catch: (cause) => SystemError.toDisk("read", file, cause)
      }),
    readPart: (file, offset, target) =>
      Effect.tryPromise({
        try: () => readPart(Path.join(location, file), offset, target),
        catch: (cause) => SystemError.toDisk("read", file, cause)
      }),
    append: (file) => refuse("append", file),
    sync: (file) => refuse("sync", file),
    truncate: (file) => refuse("truncate", file),
    rename: (from) => refuse("rename", from),
    remove: (file) => refuse("remove", file),
    syncDirectory: refuse("syncDirectory", location)
  })
}

const readPart = async (path: string, offset: number, target: Uint8Array): Promise<number> => {
  const handle = await FileSystem.open(path)
  try {
    let at = 0
    while (at < target.length) {
      const { bytesRead } = await handle.read(target, at, target.length - at, offset + at)
      if (bytesRead === 0) break
      at += bytesRead
    }
    return at
  } finally {
    await handle.close()
  }
}

const refuse = (operation: DiskError["operation"], file: string) =>
  new DiskError({ operation, file, reason: "ReadOnly", cause: new Error("it is only looked at") })
