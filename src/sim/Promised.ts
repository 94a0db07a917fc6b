/**
 * What each node has been told is durable: the term, the vote and the log that its storage has
 * promised to keep. It outlives crashes, and is what recovery is judged by. Whether the medium
 * really holds it shows when the node comes back.
 */
import type { HardState, Write } from "../raft/Action.js"
import * as Entries from "../raft/Entry.js"
import type { Entry } from "../raft/Entry.js"
import type { EntryId, Term } from "../raft/EntryId.js"
import * as EntryIds from "../raft/EntryId.js"
import type { Recovered } from "../service/Storage.js"

export class Promised {
  hardState: HardState = { term: 0, vote: undefined }
  /** Entry `i` is at `i - 1`; those that a snapshot stands for are held, too. */
  readonly entries: Array<Entry> = []
  /** The last entry that only a snapshot stands for, and the last that the snapshot covers. */
  base: EntryId = EntryIds.zero
  snapshot: EntryId = EntryIds.zero
  /** What a snapshot of another node stands for. */
  readonly #committed: (index: number) => Entry | undefined
  /** Of a node whose disk is another one now: what it held before. It counts, but never returns. */
  #before: ReadonlyArray<Entry> | undefined
  /** Handed to the storage, which has not said yet that it is durable. */
  #inFlight: ReadonlyArray<Write> = []

  constructor(committed: (index: number) => Entry | undefined = () => undefined) {
    this.#committed = committed
  }

  /** Whether the log is about to begin anew with another node's snapshot. */
  get isInstalling(): boolean {
    return this.#inFlight.some(({ _tag }) => _tag === "InstallSnapshot")
  }

  /** 0 before the first entry, undefined where there is none. */
  termAt(index: number): Term | undefined {
    return index === 0 ? 0 : this.entries[index - 1]?.term
  }

  get isForgotten(): boolean {
    return this.#before !== undefined
  }

  /** Whether the node has, or had when its disk was lost, this entry. */
  hasHeld(index: number, term: Term): boolean {
    return this.termAt(index) === term || this.#before?.[index - 1]?.term === term
  }

  begin(writes: ReadonlyArray<Write>): void {
    this.#inFlight = writes
  }

  done(): void {
    for (const write of this.#inFlight) this.#keep(write)
    this.#inFlight = []
  }

  /** The disk is another one now. */
  forget(): void {
    this.#before ??= [...this.entries]
    this.hardState = { term: 0, vote: undefined }
    this.entries.length = 0
    this.base = EntryIds.zero
    this.snapshot = EntryIds.zero
    this.#inFlight = []
  }

  /**
   * What a process found when it started. Says what is wrong if that is neither what was promised
   * nor that and the write that was on its way, whole.
   */
  recovered(found: Recovered): { readonly wrong: string | undefined; readonly hadMore: boolean } {
    const without = this.#difference(found)
    if (without === undefined) {
      this.#inFlight = []
      return { wrong: undefined, hadMore: false }
    }
    if (this.#inFlight.length === 0) return { wrong: without, hadMore: false }
    this.done()
    const wrong = this.#difference(found) === undefined ? undefined : without
    return { wrong, hadMore: true }
  }

  #keep(write: Write): void {
    if (write._tag === "Compact") {
      this.base = write.upTo
      this.snapshot = write.snapshot.id
      return
    }
    if (write._tag === "InstallSnapshot") {
      this.base = this.snapshot = write.snapshot.id
      for (let index = 1; index <= this.base.index; index++) {
        this.entries[index - 1] = this.#committed(index)!
      }
      this.entries.length = this.base.index
      return
    }
    const { append, hardState, truncateFrom } = write
    if (truncateFrom !== undefined) {
      this.entries.length = Math.min(this.entries.length, Math.max(0, truncateFrom - 1))
    }
    for (const entry of append) this.entries[entry.index - 1] = entry
    if (hardState !== undefined) this.hardState = hardState
  }

  #difference({ base, entries, hardState, snapshot }: Recovered): string | undefined {
    const { term, vote } = hardState
    const mine = this.hardState
    if (term !== mine.term || vote !== mine.vote) {
      return `term ${mine.term} and vote ${mine.vote ?? "for nobody"} were promised, and term ` +
        `${term} and vote ${vote ?? "for nobody"} came back`
    }
    const covered = snapshot?.id ?? EntryIds.zero
    if (!EntryIds.equals(covered, this.snapshot) || !EntryIds.equals(base, this.base)) {
      return `a snapshot up to ${this.snapshot.index} and entries after ${this.base.index} were ` +
        `promised, and one up to ${covered.index} and those after ${base.index} came back`
    }
    if (base.index + entries.length !== this.entries.length) {
      return `${this.entries.length} entries were promised, and ${base.index + entries.length} ` +
        "came back"
    }
    for (let at = 0; at < entries.length; at++) {
      if (!Entries.equals(entries[at]!, this.entries[base.index + at]!)) {
        return `entry ${base.index + at + 1} came back as another than was promised`
      }
    }
    return undefined
  }
}

export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean => {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}
