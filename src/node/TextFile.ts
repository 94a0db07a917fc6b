/**
 * A small file that is replaced whole, by a rename, so that a crash leaves the old one or the new.
 * It is text for its operator's sake: one line of JSON, and one with that line's CRC-32. Every
 * future format keeps this, and `format` as a number in the JSON.
 */
import { Effect, Schema } from "effect"
import { crc32 } from "node:zlib"
import type { Disk, DiskError } from "../service/Disk.js"
import type { StorageError } from "../service/Storage.js"
import * as StorageFailure from "./StorageFailure.js"

/** Where the next one is written before it replaces the last. */
export const asideOf = (file: string): string => `${file}.new`

const Format = Schema.parseJson(Schema.Struct({ format: Schema.Number }))

/** The contents of `file`, which must be there, sound and in this format. */
export const read = <A>(
  disk: Disk["Type"],
  file: string,
  formatVersion: number,
  contents: Schema.Schema<A, string>
): Effect.Effect<A, DiskError | StorageError> =>
  Effect.gen(function*() {
    const { location } = disk
    const text = new TextDecoder().decode(yield* disk.read(file))
    const line = text.slice(0, text.indexOf("\n"))
    const corrupt = (why: string) => StorageFailure.corrupt(location, file, why)
    if (text !== render(line)) return yield* corrupt("its checksum is wrong")
    const decode = <A>(schema: Schema.Schema<A, string>) =>
      Effect.mapError(Schema.decode(schema)(line), ({ message }) => corrupt(message))
    const { format } = yield* decode(Format)
    if (format !== formatVersion) return yield* StorageFailure.otherFormat(location, file, format)
    return yield* decode(contents)
  })

/** Returns when it would survive a power cut. */
export const write = <A>(
  disk: Disk["Type"],
  file: string,
  contents: Schema.Schema<A, string>,
  value: A
): Effect.Effect<void, DiskError> =>
  Effect.gen(function*() {
    const aside = asideOf(file)
    const line = yield* Effect.orDie(Schema.encode(contents)(value))
    // What an interrupted attempt has left.
    if ((yield* disk.list).includes(aside)) yield* disk.remove(aside)
    yield* disk.append(aside, new TextEncoder().encode(render(line)))
    yield* disk.sync(aside)
    yield* disk.rename(aside, file)
    yield* disk.syncDirectory
  })

const render = (line: string): string => `${line}\n${crc32(line).toString(16).padStart(8, "0")}\n`
