/**
 * One node's disk: it outlives the node's processes, takes its time, and fails. Below it is a
 * MemoryDisk, which tells what was written from what was synced; here is when and how it goes
 * wrong. The write-ahead log above it is the real one.
 */
import { Effect, Layer } from "effect"
import * as Segment from "../node/Segment.js"
import { Disk, DiskError } from "../service/Disk.js"
import * as MemoryDisk from "./MemoryDisk.js"
import type { Delay } from "./Scenario.js"
import type { World } from "./World.js"

type Operation = DiskError["operation"]

/** A file and the bytes of it that were durable before the last sync: [0, upTo). */
interface Settled {
  readonly name: string
  readonly upTo: number
}

/** Of a disk with which nothing is wrong any more. */
const CALM_SYNC_MICROS = 500

export class SimDisk {
  readonly #world: World
  readonly #owner: number
  #medium = MemoryDisk.make()
  /** Counts power cuts: what was on its way through an earlier one never arrives. */
  #power = 0
  #syncing = 0
  /** Calls that end what is on its way at once. */
  readonly #inFlight = new Set<() => void>()
  #freeBytes = Infinity
  #stalledUntilMicros = 0
  #failSync = false
  #isCalm = false
  #isSpoilt = false
  #isDoubtful = false
  #crashWhileWriting: (() => void) | undefined
  #crashWhenSynced: (() => void) | undefined
  /** How much of each file is durable, and how much was before the last sync that added to it. */
  readonly #synced = new Map<string, number>()
  readonly #before = new Map<string, number>()

  constructor(world: World, owner: number) {
    this.#world = world
    this.#owner = owner
  }

  layer(): Layer.Layer<Disk> {
    const medium = this.#medium
    const at = (name: string) => () => MemoryDisk.exists(medium, name)
    const always = () => true
    return Layer.succeed(Disk, {
      location: MemoryDisk.LOCATION,
      list: this.#run("list", "", 0, always, () => MemoryDisk.fileNames(medium)),
      read: (name) => this.#run("read", name, 0, at(name), () => MemoryDisk.contents(medium, name)),
      readPart: (name, offset, target) =>
        this.#run(
          "read",
          name,
          0,
          at(name),
          () => MemoryDisk.fill(medium, name, offset, target)
        ),
      append: (name, bytes) => this.#append(name, bytes),
      sync: (name) => this.#sync(name),
      truncate: (name, size) =>
        this.#run("truncate", name, 0, at(name), () => MemoryDisk.truncate(medium, name, size)),
      rename: (from, to) =>
        this.#run("rename", from, 0, at(from), () => MemoryDisk.rename(medium, from, to)),
      remove: (name) =>
        this.#run("remove", name, 0, at(name), () => {
          if (Segment.sequenceOf(name) !== undefined) this.#world.marks.hit("old segments removed")
          MemoryDisk.remove(medium, name)
        }),
      syncDirectory: Effect.suspend(() =>
        this.#run(
          "syncDirectory",
          "",
          this.#syncMicros(),
          always,
          () => MemoryDisk.syncNames(medium)
        )
      )
    })
  }

  /** Whether something is on its way to the medium now. */
  get isWriting(): boolean {
    return this.#syncing > 0
  }

  /** `crash` is called once, at some moment of the next sync. */
  set crashWhileWriting(crash: () => void) {
    this.#crashWhileWriting = crash
  }

  /** `crash` is called once, when the next sync is done and its caller does not know yet. */
  set crashWhenSynced(crash: (() => void) | undefined) {
    this.#crashWhenSynced = crash
  }

  set freeBytes(bytes: number) {
    this.#freeBytes = bytes
  }

  set failSync(fails: boolean) {
    this.#failSync = fails
  }

  /** Syncs that begin before then end no earlier. */
  set stalledUntilMicros(instant: number) {
    this.#stalledUntilMicros = Math.max(this.#stalledUntilMicros, instant)
  }

  /** Whether it holds something else than was written to it. */
  get isSpoilt(): boolean {
    return this.#isSpoilt
  }

  /**
   * Whether a sync has failed since the machine was last off: what readers see may not be on the
   * medium, and nobody can tell. Its operator turns it off and on before using it again.
   */
  get isDoubtful(): boolean {
    return this.#isDoubtful
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#isCalm = true
    this.#freeBytes = Infinity
    this.#failSync = false
    this.#stalledUntilMicros = 0
    this.#crashWhileWriting = undefined
    this.#crashWhenSynced = undefined
    for (const finish of this.#inFlight) {
      this.#world.timeline.after(CALM_SYNC_MICROS, this.#owner, "disk", finish)
    }
  }

  /** The power goes. What was not synced survives as the scenario says. */
  cutPower(): void {
    const { chooser, marks, scenario: { disk: { survival } } } = this.#world
    this.#isDoubtful = false
    this.#power += 1
    this.#syncing = 0
    const some = (count: number): number =>
      survival === "none" ? 0 : count - chooser.pick("disk", count + 1)
    const loss = MemoryDisk.crash(this.#medium, {
      names: some,
      steps: (_, count) => some(count),
      ...(survival === "sectors" ? { sector: () => chooser.pick("disk", 3) > 0 } : {})
    })
    if (loss.bytes > 0) marks.hit("crash lost unsynced bytes")
    if (loss.bytes > 0 && loss.spared > 0) marks.hit("crash tore the last write")
  }

  /** The process dies and the machine lives on: only what was on its way is lost. */
  abandon(): void {
    this.#power += 1
    this.#syncing = 0
  }

  /** Another disk, and an empty one. */
  wipe(): void {
    this.#power += 1
    this.#syncing = 0
    this.#medium = MemoryDisk.make()
    this.#isSpoilt = true
    this.#before.clear()
    this.#synced.clear()
  }

  /** One bit of what has long been durable is another. False if there is nothing of the kind. */
  rot(): boolean {
    const settled = this.#pickSettled(1)
    if (settled === undefined) return false
    const bit = this.#world.chooser.pick("disk", 8 * settled.upTo)
    MemoryDisk.flipBit(this.#medium, settled.name, bit)
    this.#isSpoilt = true
    return true
  }

  /** A sector's bytes lie where another's should be, and zeros where they should be. */
  misdirect(): boolean {
    const { chooser } = this.#world
    const settled = this.#pickSettled(2 * MemoryDisk.SECTOR_BYTES)
    if (settled === undefined) return false
    const sectors = Math.floor(settled.upTo / MemoryDisk.SECTOR_BYTES)
    const from = chooser.pick("disk", sectors)
    const to = (from + 1 + chooser.pick("disk", sectors - 1)) % sectors
    const meant = from * MemoryDisk.SECTOR_BYTES
    const found = to * MemoryDisk.SECTOR_BYTES
    MemoryDisk.alter(this.#medium, settled.name, (bytes) => {
      const sector = bytes.slice(meant, meant + MemoryDisk.SECTOR_BYTES)
      bytes.fill(0, meant, meant + MemoryDisk.SECTOR_BYTES)
      bytes.set(sector, found)
      return bytes
    })
    this.#isSpoilt = true
    return true
  }

  /**
   * Damage that no log can tell from a torn write, that is in its last one, is beyond what a single
   * copy can notice: only what was durable before the last sync is touched.
   */
  #pickSettled(leastBytes: number): Settled | undefined {
    const names = [...MemoryDisk.fileNames(this.#medium)].sort()
    const last = names.filter((name) => name.endsWith(".log")).at(-1)
    const settled = names.map((name): Settled => {
      const whole = MemoryDisk.sizeBytes(this.#medium, name)
      return { name, upTo: name === last ? Math.min(whole, this.#before.get(name) ?? 0) : whole }
    }).filter(({ upTo }) => upTo >= leastBytes)
    return settled[this.#world.chooser.pick("disk", settled.length)]
  }

  #append(name: string, bytes: Uint8Array): Effect.Effect<void, DiskError> {
    return Effect.suspend(() => {
      const fits = Math.min(bytes.length, this.#freeBytes)
      return this.#take(this.#micros(this.#world.scenario.disk.write), "disk write", () => {
        this.#freeBytes -= fits
        if ((Segment.sequenceOf(name) ?? 1) > 1 && !MemoryDisk.exists(this.#medium, name)) {
          this.#world.marks.hit("segment begun")
        }
        MemoryDisk.append(this.#medium, name, bytes.subarray(0, fits))
        return fits === bytes.length
          ? Effect.void
          : Effect.fail(this.#error("append", name, "NoSpace", "the disk is full"))
      })
    })
  }

  #sync(name: string): Effect.Effect<void, DiskError> {
    return Effect.suspend(() => {
      if (!MemoryDisk.exists(this.#medium, name)) {
        return Effect.fail(this.#error("sync", name, "NotFound", "no such file"))
      }
      const micros = this.#syncMicros()
      const commit = MemoryDisk.beginSync(this.#medium, name)
      const sizeBytes = MemoryDisk.sizeBytes(this.#medium, name)
      this.#syncing += 1
      this.#scheduleCrash(micros)
      return this.#take(micros, "disk sync", () => {
        this.#syncing -= 1
        if (this.#failSync) {
          this.#failSync = false
          this.#isDoubtful = true
          MemoryDisk.forsake(this.#medium, name)
          return Effect.fail(this.#error("sync", name, "Failed", "input/output error"))
        }
        commit()
        this.#settle(name, sizeBytes)
        const crash = this.#crashWhenSynced
        this.#crashWhenSynced = undefined
        crash?.()
        return Effect.void
      })
    })
  }

  #settle(name: string, sizeBytes: number): void {
    const before = this.#synced.get(name) ?? 0
    if (sizeBytes === before) return
    this.#before.set(name, Math.min(before, sizeBytes))
    this.#synced.set(name, sizeBytes)
  }

  #scheduleCrash(syncMicros: number): void {
    const crash = this.#crashWhileWriting
    if (crash === undefined) return
    this.#crashWhileWriting = undefined
    const { chooser, timeline } = this.#world
    const micros = chooser.between("process", 0, Math.max(0, syncMicros - 1))
    timeline.after(micros, this.#owner, "crash while writing", crash)
  }

  #syncMicros(): number {
    const { chooser, nowMicros, scenario: { disk } } = this.#world
    if (this.#isCalm) return CALM_SYNC_MICROS
    const stall = chooser.chance("disk", disk.stallPerMille) ? this.#micros(disk.stall) : 0
    const stalled = Math.max(0, this.#stalledUntilMicros - nowMicros)
    return Math.max(1, this.#micros(disk.sync) + stall, stalled)
  }

  #micros({ leastMicros, meanMicros }: Delay): number {
    return this.#world.chooser.delay("disk", leastMicros, meanMicros)
  }

  #run<A>(
    operation: Operation,
    name: string,
    micros: number,
    isThere: () => boolean,
    run: () => A
  ): Effect.Effect<A, DiskError> {
    return this.#take(micros, `disk ${operation}`, () =>
      isThere()
        ? Effect.sync(run)
        : Effect.fail(this.#error(operation, name, "NotFound", "no such file")))
  }

  /** Does it after so long, unless the power has gone by then. */
  #take<A>(
    micros: number,
    why: string,
    run: () => Effect.Effect<A, DiskError>
  ): Effect.Effect<A, DiskError> {
    if (micros === 0) return Effect.suspend(run)
    return Effect.async((resume) => {
      const power = this.#power
      const finish = (): void => {
        if (!this.#inFlight.delete(finish)) return
        timer.isCancelled = true
        if (power !== this.#power) return
        const outcome = run()
        if (power === this.#power) resume(outcome)
      }
      const timer = this.#world.timeline.after(micros, this.#owner, why, finish)
      this.#inFlight.add(finish)
    })
  }

  #error(operation: Operation, file: string, reason: DiskError["reason"], cause: string) {
    return new DiskError({ operation, file, reason, cause })
  }
}
