/**
 * The node program: one inbox, one fiber that runs the turns, one that writes to disk, one that
 * sleeps until something is due. It is the same in production and under simulation; only the layers
 * of Network, Storage and StateMachine, and Effect's Clock, Random and Scheduler, differ.
 */
import { Cause, Deferred, Effect, Exit, FiberSet, Layer, Mailbox, Random, Runtime } from "effect"
import type { Scope } from "effect"
import type { Write } from "../raft/Action.js"
import type { Index } from "../raft/EntryId.js"
import type { NodeId } from "../raft/Event.js"
import * as Raft from "../raft/Raft.js"
import type { Limits, State } from "../raft/State.js"
import * as States from "../raft/State.js"
import { Network } from "../service/Network.js"
import type { NetworkError } from "../service/Network.js"
import { StateMachine } from "../service/StateMachine.js"
import { Storage } from "../service/Storage.js"
import type { Recovered, StorageError } from "../service/Storage.js"
import { Applier } from "./Applier.js"
import { Forwarded } from "./Forwarded.js"
import type { Input, Note, Request } from "./Input.js"
import * as Loop from "./Loop.js"
import { Memberships } from "./Memberships.js"
import * as MemberStatus from "./MemberStatus.js"
import { Node, Removed } from "./Node.js"
import type { Status } from "./Node.js"
import * as NodeLog from "./NodeLog.js"
import { Outbox } from "./Outbox.js"
import { Peers } from "./Peers.js"
import { Reads } from "./Reads.js"
import * as SnapshotWorker from "./SnapshotWorker.js"
import * as Ticker from "./Ticker.js"
import { Transfers } from "./Transfers.js"
import { Upkeep } from "./Upkeep.js"
import { Writes } from "./Writes.js"

export interface Options {
  /** Silence of the leader after which a node campaigns, up to twice as long. Milliseconds. */
  readonly electionTimeoutMillis: number
  /** At most a third of the election timeout. Milliseconds. */
  readonly heartbeatMillis: number
  /** How long a request may wait for its answer. Milliseconds. */
  readonly requestTimeoutMillis: number
  /** Default `State.defaultLimits`. */
  readonly limits?: Limits
}

export const defaults = {
  electionTimeoutMillis: 300,
  heartbeatMillis: 50,
  requestTimeoutMillis: 5_000
} as const

/** How long a node that is asked to stop goes on answering what it has taken on. */
export const STOP_GRACE_MILLIS = 2_000

/** Refs of one start leave room for those of the next: no ref is ever used twice (see Event.ts). */
const REFS_PER_START = 2 ** 32

/** The core draws its timeouts from one of so many sequences. */
const SEEDS = 2 ** 31

const bootState = (options: Options, recovered: Recovered, seed: number): State =>
  Raft.boot(
    {
      id: recovered.identity.nodeId,
      bootstrap: recovered.bootstrap,
      electionTimeoutTicks: Ticker.toTicks(options.electionTimeoutMillis),
      heartbeatTicks: Ticker.toTicks(options.heartbeatMillis),
      seed,
      limits: options.limits ?? States.defaultLimits
    },
    recovered
  )

/**
 * Writes whatever has gathered while it wrote before, as one batch. Ends with the first failure.
 */
const writeForever = (
  persists: Mailbox.ReadonlyMailbox<Write>,
  storage: Storage["Type"],
  offer: (input: Input) => void
): Effect.Effect<never, StorageError> =>
  Effect.forever(Effect.flatMap(persists.takeAll, ([batch]) => {
    const writes = [...batch]
    const seq = writes[writes.length - 1]?.seq ?? 0
    return Effect.map(storage.persist(writes), () => offer({ _tag: "Persisted", seq }))
  }))

const statusOf = ({ loop, snapshots: worker }: Shell, clusterId: string): Status => {
  const { applied, commit, config, leader, log, role, snapshots, term } = loop.state
  const membership = MemberStatus.make(loop.state)
  return {
    id: config.id,
    clusterId,
    role,
    term,
    leader,
    lastIndex: log.last,
    commitIndex: commit,
    appliedIndex: applied,
    snapshotIndex: snapshots.latest.id.index,
    snapshotAtMillis: worker.latestAtMillis(),
    members: membership.members.map((member) => member.id),
    membership,
    pending: loop.pending,
    questions: loop.questions
  }
}

/** What the fibers of one node share. */
interface Shell {
  readonly loop: Loop.Loop
  readonly inbox: Mailbox.Mailbox<Input>
  readonly ticker: Ticker.Ticker
  readonly snapshots: SnapshotWorker.SnapshotWorker
  /** Done when a node that is stopping has answered everybody. */
  readonly drained: Deferred.Deferred<void>
  phase: "Running" | "Stopping" | "Stopped"
}

const turn = (self: Shell, inputs: Iterable<Input>): ReadonlyArray<Note> => {
  const { loop, ticker } = self
  const due = Raft.ticksUntilDue(loop.state)
  // Time first: a lease that has run out meanwhile must not serve what has arrived.
  loop.turn(inputs, ticker.elapsed(due, loop.state.config.heartbeatTicks))
  ticker.arm(loop.ticksUntilDue)
  if (self.phase === "Stopping" && loop.pending === 0 && loop.mayLeave) {
    Deferred.unsafeDone(self.drained, Exit.void)
  }
  return loop.takeNotes()
}

const runTurns = (self: Shell): Effect.Effect<never, Removed> =>
  Effect.forever(Effect.flatMap(self.inbox.takeAll, ([inputs]) => {
    const notes = turn(self, inputs)
    if (notes.length === 0) return Effect.void
    return Effect.forEach(notes, (note) =>
      note._tag === "Removed"
        ? removed(self.loop.state.config.id, note.index)
        : NodeLog.tell(self.loop.state, note))
  }))

const removed = (id: NodeId, index: Index): Removed =>
  new Removed({
    message: `${id} was removed from the cluster, by entry ${index} of its log, and has stopped. ` +
      "Its data folder is of no use any more. To have it back, let it join with an empty one: " +
      `raftcache --id ${id} --join HOST:PORT --listen HOST:PORT (docs/operations.md)`
  })

/** Nobody who waits is left without an answer, whatever ended the loop. */
const close = (self: Shell): Effect.Effect<void> =>
  Effect.map(self.inbox.clear, (inputs) => {
    self.phase = "Stopped"
    self.loop.close(inputs)
  })

/** See Node.leave. */
const leave = (self: Shell): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (self.phase !== "Running") return Effect.void
    self.phase = "Stopping"
    self.inbox.unsafeOffer({ _tag: "Leave" })
    // A finalizer is uninterruptible, and with it this wait, unless it says otherwise.
    const drained = Effect.interruptible(Deferred.await(self.drained))
    return Effect.asVoid(Effect.timeoutOption(drained, STOP_GRACE_MILLIS))
  })

/** The state machine as of the snapshot, before the first turn. */
const restore = ({ recovered: { snapshot }, snapshots }: Storage["Type"], applier: Applier) =>
  Effect.suspend(() => {
    if (snapshot === undefined) return Effect.void
    const { addSlice, done } = applier.restore(snapshot.id.index)
    return Effect.map(snapshots.load(snapshot, addSlice), done)
  })

const makeShell = (
  options: Options,
  persists: Mailbox.Mailbox<Write>
): Effect.Effect<Shell, StorageError, Network | Storage | StateMachine | Scope.Scope> =>
  Effect.gen(function*() {
    const network = yield* Network
    const storage = yield* Storage
    const { identity: { incarnation: client }, start: epoch } = storage.recovered
    const session = { client, epoch }
    const inbox = yield* Mailbox.make<Input>()
    const offer = (input: Input): void => void inbox.unsafeOffer(input)
    const writes = new Writes(session)
    const machine = yield* StateMachine
    const clock = yield* Effect.clock
    const applier = new Applier(machine, session, writes)
    yield* restore(storage, applier)
    const snapshots = yield* SnapshotWorker.make(storage, applier, offer)
    const requestTimeoutTicks = Ticker.toTicks(options.requestTimeoutMillis)
    const fork = yield* FiberSet.makeRuntime()
    const settle = (index: Index, members: ReadonlyArray<NodeId>): void =>
      void fork(Effect.catchAll(
        storage.acquaintances.settle(index, members),
        ({ message }) => Effect.logWarning(message)
      ))
    const seed = yield* Random.nextIntBetween(0, SEEDS)
    const state = bootState(options, storage.recovered, seed)
    machine.adopt?.(storage.recovered.memory, state.log.last)
    storage.releaseLog()
    const loop = new Loop.Loop(state, {
      applier,
      writes,
      reads: new Reads(),
      forwarded: new Forwarded(),
      transfers: new Transfers(),
      memberships: new Memberships(Math.ceil(requestTimeoutTicks / 4)),
      peers: new Peers(network, settle),
      outbox: new Outbox(network),
      upkeep: new Upkeep(machine.chores ?? [], () => clock.unsafeCurrentTimeMillis()),
      persist: (batch) => void persists.unsafeOfferAll(batch),
      snapshots,
      offer,
      firstRef: epoch * REFS_PER_START,
      requestTimeoutTicks
    })
    return {
      loop,
      inbox,
      snapshots,
      ticker: yield* Ticker.make(() => offer({ _tag: "Wake" })),
      drained: yield* Deferred.make<void>(),
      phase: "Running"
    }
  })

/** Starts the node. Closing the scope stops it gracefully. */
export const make = (
  options: Options
): Effect.Effect<
  Node["Type"],
  NetworkError | StorageError,
  Network | Storage | StateMachine | Scope.Scope
> =>
  Effect.gen(function*() {
    const network = yield* Network
    const storage = yield* Storage
    const persists = yield* Mailbox.make<Write>()
    const stopped = yield* Deferred.make<never, StorageError | Removed>()
    const shell = yield* makeShell(options, persists)
    const offer = (input: Input): void => void shell.inbox.unsafeOffer(input)

    const disk = Effect.raceFirst(writeForever(persists, storage, offer), shell.snapshots.run)
    // Closed at once: whoever waits for an answer is not to wait for a disk that stalls.
    const turns = Effect.ensuring(runTurns(shell), close(shell))
    yield* Effect.forkScoped(Effect.onError(
      Effect.raceFirst(turns, disk),
      (cause) => Cause.isInterruptedOnly(cause) ? Effect.void : Deferred.failCause(stopped, cause)
    ))
    yield* network.run({
      received: (from, payload) => offer({ _tag: "Payload", from, payload }),
      unreachable: (peer) => offer({ _tag: "Unreachable", peer })
    })
    yield* Effect.addFinalizer(() => leave(shell))
    yield* NodeLog.warnIfGone(shell.loop.state)
    offer({ _tag: "Wake" })

    const fork = Runtime.runFork(yield* Effect.runtime<never>())
    const submit = (input: Request): void => {
      if (shell.phase === "Running") return offer(input)
      const refusal = Effect.sync(() => input.answer({ _tag: "Refused", reason: "Stopping" }))
      fork(Effect.zipRight(Effect.yieldNow(), refusal))
    }
    return Node.of({
      write: (command, answer) => submit({ _tag: "Write", command, answer }),
      read: (answer, mode = "linearizable") => submit({ _tag: "Read", answer, mode }),
      transfer: (to, answer) => submit({ _tag: "Transfer", to, answer }),
      snapshot: (answer) => submit({ _tag: "Snapshot", answer }),
      changeMembers: (change, answer) => submit({ _tag: "ChangeMembers", change, answer }),
      leave: leave(shell),
      status: () => statusOf(shell, storage.recovered.identity.clusterId),
      state: () => shell.loop.state,
      stopped: Deferred.await(stopped)
    })
  })

export const layer = (
  options: Options
): Layer.Layer<Node, NetworkError | StorageError, Network | Storage | StateMachine> =>
  Layer.scoped(Node, make(options))
