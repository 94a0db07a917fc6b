/**
 * A disk that a test holds in its hand. It outlives the layers made of it, as a disk outlives a
 * process, and tells what was written from what was synced: a crash takes away whatever was not.
 * Nothing in it is random: what a crash spares, what breaks and when are its holder's choice.
 */
import { Effect, Layer } from "effect"
import { Disk, DiskError } from "../service/Disk.js"

type Operation = DiskError["operation"]
type Reason = DiskError["reason"]

export interface MemoryDisk {
  names: Map<string, File>
  syncedNames: Map<string, File>
  /** The changes that led from `syncedNames` to `names`. */
  pendingNames: Array<NameChange>
  /**
   * Asked before every operation: if it gives a reason, the operation fails with it and does
   * nothing.
   */
  fault: (operation: Operation, file: string) => Reason | undefined
}

interface File {
  content: Content
  synced: Content
  /** The changes that led from `synced` to `content`. */
  pending: Array<Change>
  /** Bytes that no sync will make durable any more: `[from, to)`. */
  forsaken: ReadonlyArray<readonly [from: number, to: number]>
}

/**
 * The first `length` bytes of `buffer`, never written to again; an append may use what is behind
 * them.
 */
interface Content {
  readonly buffer: Uint8Array
  readonly length: number
}

type Change =
  | { readonly _tag: "Append"; readonly bytes: Uint8Array }
  | { readonly _tag: "Truncate"; readonly size: number }

type NameChange =
  | { readonly _tag: "Create"; readonly name: string; readonly file: File }
  | { readonly _tag: "Rename"; readonly from: string; readonly to: string }
  | { readonly _tag: "Remove"; readonly name: string }

export const make = (): MemoryDisk => ({
  names: new Map(),
  syncedNames: new Map(),
  pendingNames: [],
  fault: () => undefined
})

/** What a disk writes wholly or not at all. */
export const SECTOR_BYTES = 512

/** What an untimely end leaves of the changes that were not synced. */
export interface Survival {
  /**
   * Of `count` steps in a file, each a byte appended or a truncation, the first so many. Default
   * none.
   */
  readonly steps?: (file: string, count: number) => number
  /**
   * Of the bytes that survive so, whether those in this sector of the file reached the medium;
   * where they did not, they are zeros. Default all.
   */
  readonly sector?: (file: string, sector: number) => boolean
  /** Of `count` names made, renamed or removed, the first so many. Default none. */
  readonly names?: (count: number) => number
}

/** What a power cut took. */
export interface Loss {
  /** Bytes that were written and are not there any more. */
  readonly bytes: number
  /** Bytes that were not synced and are there. */
  readonly spared: number
}

/** A power cut. */
export const crash = (self: MemoryDisk, survival: Survival = {}): Loss => {
  const survivingNames = survival.names?.(self.pendingNames.length) ?? 0
  const names = new Map(self.syncedNames)
  const loss = { bytes: 0, spared: 0 }
  for (const change of self.pendingNames.slice(0, survivingNames)) applyName(names, change)
  for (const [name, file] of names) {
    const written = file.content.length
    const syncedBytes = file.synced.length
    const survivingSteps = survival.steps?.(name, countSteps(file)) ?? 0
    const bytes = bytesOf(firstSteps(file, survivingSteps))
    if (survival.sector !== undefined) {
      const isThere = survival.sector
      loss.bytes += loseSectors(bytes, syncedBytes, (sector) => isThere(name, sector))
    }
    for (const [from, to] of file.forsaken) bytes.fill(0, from, to)
    loss.bytes += Math.max(0, written - bytes.length)
    loss.spared += Math.max(0, bytes.length - syncedBytes)
    replaceContent(file, bytes)
  }
  self.names = names
  syncNames(self)
  return loss
}

/** Zeros for what did not arrive from byte `from` on; how many bytes that is. */
const loseSectors = (
  bytes: Uint8Array,
  from: number,
  isThere: (sector: number) => boolean
): number => {
  let lost = 0
  for (let at = from; at < bytes.length;) {
    const sector = Math.floor(at / SECTOR_BYTES)
    const end = Math.min(bytes.length, (sector + 1) * SECTOR_BYTES)
    if (!isThere(sector)) {
      bytes.fill(0, at, end)
      lost += end - at
    }
    at = end
  }
  return lost
}

/** A disk of its own in the same state, synced or not, without the fault. */
export const copy = (self: MemoryDisk): MemoryDisk => {
  const copies = new Map<File, File>()
  const copyFile = (file: File): File => {
    const known = copies.get(file)
    if (known !== undefined) return known
    const made: File = {
      content: contentOf(bytesOf(file.content)),
      synced: contentOf(bytesOf(file.synced)),
      pending: [...file.pending],
      forsaken: file.forsaken
    }
    copies.set(file, made)
    return made
  }
  const copyNames = (names: Map<string, File>) =>
    new Map([...names].map(([name, file]) => [name, copyFile(file)]))
  return {
    ...make(),
    names: copyNames(self.names),
    syncedNames: copyNames(self.syncedNames),
    pendingNames: self.pendingNames.map((change) =>
      change._tag === "Create" ? { ...change, file: copyFile(change.file) } : change
    )
  }
}

export const fileNames = (self: MemoryDisk): ReadonlyArray<string> => [...self.names.keys()]

/** The file as a reader sees it, synced or not. */
export const contents = (self: MemoryDisk, name: string): Uint8Array =>
  bytesOf(get(self, name).content)

export const fill = (self: MemoryDisk, name: string, from: number, target: Uint8Array): number => {
  const { buffer, length } = get(self, name).content
  const part = buffer.subarray(from, Math.min(from + target.length, length))
  target.set(part)
  return part.length
}

/** Changes what the medium holds, behind the back of whoever wrote it. */
export const alter = (
  self: MemoryDisk,
  name: string,
  change: (bytes: Uint8Array) => Uint8Array
): void => {
  const file = get(self, name)
  replaceContent(file, change(bytesOf(file.content)))
}

export const cut = (self: MemoryDisk, name: string, sizeBytes: number): void =>
  alter(self, name, (bytes) => bytes.slice(0, sizeBytes))

/** `bit` counts from the lowest of the file's first byte. */
export const flipBit = (self: MemoryDisk, name: string, bit: number): void =>
  alter(self, name, (bytes) => {
    const at = Math.floor(bit / 8)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit % 8)
    return bytes
  })

/** Lets the next such operation fail, and only that one. */
export const failNext = (self: MemoryDisk, operation: Operation, reason: Reason): void => {
  self.fault = (attempted) => {
    if (attempted !== operation) return undefined
    self.fault = () => undefined
    return reason
  }
}

export const layer = (self: MemoryDisk): Layer.Layer<Disk> => {
  const attempt = <A>(
    operation: Operation,
    file: string,
    run: () => A
  ): Effect.Effect<A, DiskError> =>
    Effect.suspend(() => {
      const needsFile = operation !== "append" && file !== LOCATION
      const missing = needsFile && !self.names.has(file) ? "NotFound" : undefined
      const reason = self.fault(operation, file) ?? missing
      return reason === undefined
        ? Effect.sync(run)
        : Effect.fail(new DiskError({ operation, file, reason, cause: "in memory" }))
    })
  return Layer.succeed(Disk, {
    location: LOCATION,
    list: attempt("list", LOCATION, () => fileNames(self)),
    read: (file) => attempt("read", file, () => contents(self, file)),
    readPart: (name, from, target) => attempt("read", name, () => fill(self, name, from, target)),
    append: (name, bytes) => attempt("append", name, () => append(self, name, bytes)),
    sync: (name) => attempt("sync", name, () => beginSync(self, name)()),
    truncate: (name, size) => attempt("truncate", name, () => truncate(self, name, size)),
    rename: (from, to) => attempt("rename", from, () => rename(self, from, to)),
    remove: (name) => attempt("remove", name, () => remove(self, name)),
    syncDirectory: attempt("syncDirectory", LOCATION, () => syncNames(self))
  })
}

export const LOCATION = "(memory)"

/** Makes the file when it is not there. */
export const append = (self: MemoryDisk, name: string, bytes: Uint8Array): void => {
  if (!self.names.has(name)) changeNames(self, { _tag: "Create", name, file: makeFile() })
  changeFile(get(self, name), { _tag: "Append", bytes: bytes.slice() })
}

export const truncate = (self: MemoryDisk, name: string, size: number): void =>
  changeFile(get(self, name), { _tag: "Truncate", size })

export const rename = (self: MemoryDisk, from: string, to: string): void =>
  changeNames(self, { _tag: "Rename", from, to })

export const remove = (self: MemoryDisk, name: string): void =>
  changeNames(self, { _tag: "Remove", name })

/** What it returns makes durable what the file holds now, and nothing of what comes later. */
export const beginSync = (self: MemoryDisk, name: string): () => void => {
  const file = get(self, name)
  const { content, pending } = file
  const count = pending.length
  return () => {
    file.synced = content
    if (file.pending === pending) file.pending = pending.slice(count)
  }
}

/**
 * A sync has failed: the system takes the pages that it could not write for clean. Readers go on to
 * see them, and later syncs succeed, but a power cut takes them away (Rebello et al., ATC 2020).
 */
export const forsake = (self: MemoryDisk, name: string): void => {
  const file = get(self, name)
  file.forsaken = [...file.forsaken, [file.synced.length, file.content.length]]
}

export const exists = (self: MemoryDisk, name: string): boolean => self.names.has(name)

/** The file's length as a reader sees it. */
export const sizeBytes = (self: MemoryDisk, name: string): number => get(self, name).content.length

const get = (self: MemoryDisk, name: string): File => {
  const file = self.names.get(name)
  if (file === undefined) throw new Error(`no file ${name}`)
  return file
}

const applyName = (names: Map<string, File>, change: NameChange): void => {
  switch (change._tag) {
    case "Create":
      names.set(change.name, change.file)
      return
    case "Rename":
      names.set(change.to, names.get(change.from)!)
      names.delete(change.from)
      return
    case "Remove":
      names.delete(change.name)
  }
}

const changeNames = (self: MemoryDisk, change: NameChange): void => {
  applyName(self.names, change)
  self.pendingNames.push(change)
}

export const syncNames = (self: MemoryDisk): void => {
  self.syncedNames = new Map(self.names)
  self.pendingNames = []
}

const contentOf = (bytes: Uint8Array): Content => ({ buffer: bytes, length: bytes.length })

const bytesOf = ({ buffer, length }: Content): Uint8Array => buffer.slice(0, length)

const makeFile = (): File => {
  const empty = contentOf(new Uint8Array(0))
  return { content: empty, synced: empty, pending: [], forsaken: [] }
}

const replaceContent = (file: File, bytes: Uint8Array): void => {
  file.content = contentOf(bytes)
  file.synced = file.content
  file.pending = []
  file.forsaken = []
}

const changeFile = (file: File, change: Change): void => {
  file.content = apply(file.content, change)
  file.pending.push(change)
}

const apply = (content: Content, change: Change): Content => {
  if (change._tag === "Truncate") return contentOf(content.buffer.slice(0, change.size))
  const length = content.length + change.bytes.length
  let { buffer } = content
  if (length > buffer.length) {
    buffer = new Uint8Array(length * 2)
    buffer.set(content.buffer.subarray(0, content.length))
  }
  buffer.set(change.bytes, content.length)
  return { buffer, length }
}

const stepsOf = (change: Change): number => change._tag === "Append" ? change.bytes.length : 1

const countSteps = (file: File): number =>
  file.pending.reduce((count, change) => count + stepsOf(change), 0)

const firstSteps = (file: File, count: number): Content => {
  let content = contentOf(bytesOf(file.synced))
  let left = count
  for (const change of file.pending) {
    if (left === 0) break
    const steps = Math.min(left, stepsOf(change))
    content = apply(
      content,
      change._tag === "Append" ? { ...change, bytes: change.bytes.slice(0, steps) } : change
    )
    left -= steps
  }
  return content
}
