/**
 * The node program: one inbox, one fiber that runs the turns, one that writes to disk, one that sleeps
 * until something is due. It is the same in production and under simulation; only the layers of
 * Network, Storage and StateMachine, and Effect's Clock, Random and Scheduler, differ.
 */
import { Cause, Deferred, Effect, Exit, Layer, LogLevel, Mailbox, Runtime } from "effect"
import type { Scope } from "effect"
import type { Observation, Persist } from "../raft/Action.js"
import type { NodeId } from "../raft/Event.js"
import * as Raft from "../raft/Raft.js"
import type { State } from "../raft/State.js"
import * as States from "../raft/State.js"
import { Network } from "../service/Network.js"
import type { NetworkError } from "../service/Network.js"
import { StateMachine } from "../service/StateMachine.js"
import { Storage } from "../service/Storage.js"
import type { StorageError } from "../service/Storage.js"
import { Applier } from "./Applier.js"
import { Forwarded } from "./Forwarded.js"
import * as Loop from "./Loop.js"
import { Node } from "./Node.js"
import type { Refused, Status } from "./Node.js"
import { Outbox } from "./Outbox.js"
import { Reads } from "./Reads.js"
import * as Ticker from "./Ticker.js"
import { Writes } from "./Writes.js"

export interface Options {
  /** Every member's id, this node's included. Its own id is in the storage's identity. */
  readonly members: ReadonlyArray<NodeId>
  /** Silence of the leader after which a node campaigns, up to twice as long. Milliseconds. */
  readonly electionTimeoutMillis: number
  /** At most a third of the election timeout. Milliseconds. */
  readonly heartbeatMillis: number
  /** How long a request may wait for its answer. Milliseconds. */
  readonly requestTimeoutMillis: number
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

const bootState = (options: Options, storage: Storage["Type"]): State =>
  Raft.boot(
    {
      id: storage.recovered.identity.nodeId,
      voters: options.members,
      electionTimeoutTicks: Ticker.toTicks(options.electionTimeoutMillis),
      heartbeatTicks: Ticker.toTicks(options.heartbeatMillis),
      seed: storage.recovered.start,
      limits: States.defaultLimits
    },
    storage.recovered
  )

/** Changes of leadership are news; how they came about is told at level debug. */
const logObservation = (state: State, observation: Observation): Effect.Effect<void> => {
  const { config: { id }, role, term } = state
  const log = (level: LogLevel.LogLevel, text: string) =>
    Effect.annotateLogs(Effect.logWithLevel(level, text), { node: id, role, term })
  switch (observation._tag) {
    case "BecameLeader":
      return log(LogLevel.Info, "leads")
    case "LeaderKnown":
      return log(LogLevel.Info, `follows ${observation.leader}`)
    case "BecameFollower":
      return log(LogLevel.Info, `steps down: ${observation.why}`)
    case "BecamePreCandidate":
      return log(LogLevel.Debug, "hears no leader and asks whether it could be elected")
    case "BecameCandidate":
      return log(LogLevel.Debug, "stands for election")
    case "Truncated":
      return log(LogLevel.Debug, `drops entries ${observation.from} to ${observation.to}`)
  }
}

/** Writes whatever has gathered while it wrote before, as one batch. Ends with the first failure. */
const writeForever = (
  persists: Mailbox.ReadonlyMailbox<Persist>,
  storage: Storage["Type"],
  offer: (input: Loop.Input) => void
): Effect.Effect<never, StorageError> =>
  Effect.forever(Effect.flatMap(persists.takeAll, ([batch]) => {
    const writes = [...batch]
    const seq = writes[writes.length - 1]?.seq ?? 0
    return Effect.map(storage.persist(writes), () => offer({ _tag: "Persisted", seq }))
  }))

const statusOf = (loop: Loop.Loop, options: Options, clusterId: string): Status => {
  const { applied, commit, config, leader, log, role, term } = loop.state
  return {
    id: config.id,
    clusterId,
    role,
    term,
    leader,
    lastIndex: log.last,
    commitIndex: commit,
    appliedIndex: applied,
    members: options.members,
    pending: loop.pending
  }
}

export const make = (
  options: Options
): Effect.Effect<
  Node["Type"],
  NetworkError,
  Network | Storage | StateMachine | Scope.Scope
> =>
  Effect.gen(function*() {
    const network = yield* Network
    const storage = yield* Storage
    const machine = yield* StateMachine
    const { identity, start } = storage.recovered
    const session = { client: identity.incarnation, epoch: start }

    const inbox = yield* Mailbox.make<Loop.Input>()
    const persists = yield* Mailbox.make<Persist>()
    const stopped = yield* Deferred.make<never, StorageError>()
    const drained = yield* Deferred.make<void>()
    const offer = (input: Loop.Input): void => void inbox.unsafeOffer(input)
    const ticker = yield* Ticker.make(() => offer({ _tag: "Wake" }))

    const writes = new Writes(session)
    const loop = new Loop.Loop({
      state: bootState(options, storage),
      applier: new Applier(machine, session, writes),
      writes,
      reads: new Reads(),
      forwarded: new Forwarded(),
      outbox: new Outbox(network),
      persist: (batch) => void persists.unsafeOfferAll(batch),
      offer,
      firstRef: start * REFS_PER_START,
      requestTimeoutTicks: Ticker.toTicks(options.requestTimeoutMillis)
    })
    let isStopping = false
    let hasStopped = false

    const turn = (inputs: Iterable<Loop.Input>): ReadonlyArray<Observation> => {
      const due = Raft.ticksUntilDue(loop.state)
      loop.turn(inputs, ticker.elapsed(due, loop.state.config.heartbeatTicks))
      ticker.arm(Raft.ticksUntilDue(loop.state))
      if (isStopping && loop.pending === 0) Deferred.unsafeDone(drained, Exit.void)
      return loop.takeObservations()
    }

    /** Nobody who waits is left without an answer, whatever ended the loop. */
    const close = Effect.map(inbox.clear, (inputs) => {
      hasStopped = true
      loop.close(inputs)
    })

    const runTurns = Effect.forever(Effect.flatMap(inbox.takeAll, ([inputs]) => {
      const observations = turn(inputs)
      return observations.length === 0
        ? Effect.void
        : Effect.forEach(observations, (each) => logObservation(loop.state, each), {
          discard: true
        })
    }))

    const program = Effect.raceFirst(runTurns, writeForever(persists, storage, offer)).pipe(
      Effect.onExit((exit) =>
        Effect.zipRight(
          close,
          Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)
            ? Deferred.failCause(stopped, exit.cause)
            : Effect.void
        )
      )
    )

    yield* Effect.forkScoped(program)
    yield* network.run({
      received: (from, payload) => offer({ _tag: "Payload", from, payload }),
      unreachable: (peer) => offer({ _tag: "Unreachable", peer })
    })
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        isStopping = true
        offer({ _tag: "Wake" })
        return hasStopped ? Effect.void : Deferred.await(drained)
      }).pipe(Effect.interruptible, Effect.timeoutOption(STOP_GRACE_MILLIS))
    )
    offer({ _tag: "Wake" })

    const runtime = yield* Effect.runtime<never>()
    const refuse = (answer: (refused: Refused) => void): void => {
      const refusal = Effect.sync(() => answer({ _tag: "Refused", reason: "Stopping" }))
      Runtime.runFork(runtime)(Effect.zipRight(Effect.yieldNow(), refusal))
    }

    return Node.of({
      write: (command, answer) => {
        if (isStopping || hasStopped) refuse(answer)
        else offer({ _tag: "Write", command, answer })
      },
      read: (answer) => {
        if (isStopping || hasStopped) refuse(answer)
        else offer({ _tag: "Read", answer })
      },
      status: () => statusOf(loop, options, identity.clusterId),
      stopped: Deferred.await(stopped)
    })
  })

export const layer = (
  options: Options
): Layer.Layer<Node, NetworkError, Network | Storage | StateMachine> =>
  Layer.scoped(Node, make(options))
