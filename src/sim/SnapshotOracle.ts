/**
 * What must be true of snapshots: one is taken in time, nothing is let go of that a durable one
 * does not cover, each covers what was committed and nothing else, and one entry has one state,
 * whoever takes the snapshot and whoever begins anew with it.
 */
import { Effect } from "effect"
import * as SnapshotFiles from "../node/SnapshotFiles.js"
import type { Compact, InstallSnapshot } from "../raft/Action.js"
import * as Configuring from "../raft/Configuring.js"
import type { Entry } from "../raft/Entry.js"
import type { EntryId } from "../raft/EntryId.js"
import type { Snapshot } from "../raft/Snapshot.js"
import * as Snapshotting from "../raft/Snapshotting.js"
import type { State } from "../raft/State.js"
import type { Snapshots, Storage } from "../service/Storage.js"
import type { MemberOracle } from "./MemberOracle.js"
import { nodeId } from "./Scenario.js"
import type { World } from "./World.js"

export type OnStep = (step: "receiving" | "installing") => void

export class SnapshotOracle {
  readonly #world: World
  readonly #committed: (index: number) => Entry | undefined
  /** By node, the files that its storage has called durable. */
  readonly #durable: ReadonlyArray<Set<string>>
  /** By the index of the snapshot, what the state was where one was taken. */
  readonly #digests = new Map<number, string>()

  readonly #members: MemberOracle

  constructor(
    world: World,
    committed: (index: number) => Entry | undefined,
    members: MemberOracle
  ) {
    this.#world = world
    this.#committed = committed
    this.#members = members
    this.#durable = Array.from({ length: world.scenario.nodes }, () => new Set<string>())
  }

  /** `onStep` is called when a snapshot begins to arrive, and when it is about to be installed. */
  watch(node: number, { recovered, snapshots }: Storage["Type"], onStep: OnStep): Snapshots {
    const durable = this.#durable[node]!
    durable.clear()
    if (recovered.snapshot !== undefined) durable.add(SnapshotFiles.fileOf(recovered.snapshot))
    return {
      ...snapshots,
      store: (snapshot, offset, bytes) => {
        if (offset === 0) onStep("receiving")
        return snapshots.store(snapshot, offset, bytes)
      },
      save: (id, configuration, parts) =>
        Effect.tap(snapshots.save(id, configuration, parts), (snapshot) => {
          durable.add(SnapshotFiles.fileOf(snapshot))
        }),
      finish: (snapshot) =>
        Effect.tap(snapshots.finish(snapshot), () => {
          durable.add(SnapshotFiles.fileOf(snapshot))
        })
    }
  }

  /** The log is about to begin elsewhere. */
  begins(node: number, write: Compact | InstallSnapshot): void {
    const { snapshot } = write
    const base = write._tag === "Compact" ? write.upTo : snapshot.id
    if (!this.#durable[node]!.has(SnapshotFiles.fileOf(snapshot))) {
      this.#wrong(node, `lets go of entries for a snapshot up to ${snapshot.id.index} that is not`)
    }
    if (base.index > snapshot.id.index) {
      this.#wrong(node, `lets go of entry ${base.index}, which its snapshot has not made`)
    }
    this.#checkCommitted(node, snapshot)
    this.#members.snapshot(node, snapshot.id.index, snapshot.configuration)
    if (base.index > 0 && !this.#isCommitted(base)) {
      this.#wrong(node, `lets go of entry ${base.index} of term ${base.term}, which is not`)
    }
  }

  #checkCommitted(node: number, { id }: Snapshot): void {
    if (this.#isCommitted(id)) return
    this.#wrong(node, `has a snapshot up to ${id.index} of term ${id.term}, which is not`)
  }

  #isCommitted({ index, term }: EntryId): boolean {
    return this.#committed(index)?.term === term
  }

  #wrong(node: number, what: string): void {
    const text = `${nodeId(node)} ${what} durable and committed`
    this.#world.violate("compacted-is-covered", text)
  }

  /** After an event: whatever a snapshot waits for, it does not wait for long. */
  observe(node: number, state: State): void {
    const { applied, applying, config: { limits }, snapshots } = state
    const { failures, latest, taking } = snapshots
    if (applied < applying || taking !== undefined || failures > 0) return
    const entries = applied - latest.id.index
    if (entries < Snapshotting.CATCHING_UP_TIMES * limits.snapshotEntries) return
    // A node that joins does not know who the members are before it has come so far.
    if (Configuring.asOf(state, applied).voters.length === 0) return
    this.#world.violate(
      "log-is-bounded",
      `${nodeId(node)} has applied ${entries} entries since its latest snapshot and takes none`
    )
  }

  /** A replica's state as of `index`, looked at when a snapshot of it begins. */
  taken(node: number, index: number, digest: string): void {
    const known = this.#digests.get(index)
    if (known === undefined) this.#digests.set(index, digest)
    else if (known !== digest) {
      this.#world.violate(
        "same-snapshot",
        `${nodeId(node)} takes another snapshot up to ${index} than somebody before`
      )
    }
  }

  restored(node: number, index: number, digest: string): void {
    if (this.#digests.get(index) === digest) return
    this.#world.violate(
      "same-snapshot",
      `${nodeId(node)} makes another state of the snapshot up to ${index} than it was taken of`
    )
  }
}
