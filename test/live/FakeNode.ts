/**
 * A node without a cluster for tests of the Redis server: it applies to one store, and answers in a
 * microtask or, while held, when the test says so.
 */
import { Effect, Layer } from "effect"
import * as Machine from "../../src/kv/Machine.js"
import * as Store from "../../src/kv/Store.js"
import { Endpoints } from "../../src/live/Endpoints.js"
import type { Endpoint } from "../../src/live/Endpoints.js"
import { Cache } from "../../src/node/Cache.js"
import type { Change } from "../../src/node/Memberships.js"
import { Node } from "../../src/node/Node.js"
import type {
  MembershipOutcome,
  Refused,
  SnapshotOutcome,
  Status,
  TransferOutcome,
  WriteOutcome
} from "../../src/node/Node.js"
import * as Configurations from "../../src/raft/Configuration.js"
import * as States from "../../src/raft/State.js"

export interface Call {
  readonly kind: "read" | "write"
  /** Answers as a healthy node would, or as the test wants. */
  readonly answer: (outcome?: Refused | { readonly _tag: "UnknownOutcome" }) => void
}

export class FakeNode {
  readonly store = new Store.Store()
  /** In order: every request that has reached the node. */
  readonly calls: Array<Call> = []
  /** In order: of every read that has reached the node. */
  readonly modes: Array<string> = []
  /** In order: whom leadership was to be handed to. */
  readonly transfers: Array<string | undefined> = []
  transferOutcome: TransferOutcome = { _tag: "Transferred", to: "n2" }
  /** In order: how the members were to be changed. */
  readonly changes: Array<Change> = []
  membershipOutcome: MembershipOutcome = { _tag: "MembershipChanged", index: 8 }
  snapshotOutcome: SnapshotOutcome = { _tag: "SnapshotTaken", index: 5 }
  snapshotAtMillis: number | undefined
  hasLeft = false
  held = false
  private index = 0
  private wake: () => void = () => {}

  leader: string | undefined = "n1"

  readonly status = (): Status => ({
    id: "n1",
    clusterId: "00000000000000c1",
    role: this.leader === "n1" ? "Leader" : "Follower",
    term: 3,
    leader: this.leader,
    lastIndex: this.index + 1,
    commitIndex: this.index,
    appliedIndex: this.index,
    snapshotIndex: 0,
    snapshotAtMillis: this.snapshotAtMillis,
    members: ["n1", "n2", "n3"],
    membership: {
      index: 7,
      isJoint: false,
      members: [
        { id: "n1", address: "10.0.0.1:7101", role: "Voter", behind: 0 },
        { id: "n2", address: "10.0.0.2:7101", role: "Leaving", behind: 2 },
        { id: "n3", address: "10.0.0.3:7101", role: "Learner", behind: undefined }
      ]
    },
    pending: 0,
    questions: 0
  })

  private readonly state = States.boot(
    {
      id: "n1",
      bootstrap: Configurations.bootstrap(["n1", "n2", "n3"]),
      electionTimeoutTicks: 30,
      heartbeatTicks: 5,
      seed: 1,
      limits: States.defaultLimits
    },
    States.nothing
  )

  /** Where the others serve clients, by their ids. */
  readonly served = new Map<string, Endpoint>()
  readonly disconnected = new Set<string>()
  announced: Endpoint | undefined

  readonly endpoints: Endpoints["Type"] = {
    announce: (endpoint) => void (this.announced = endpoint),
    of: (peer) => this.served.get(peer),
    isConnected: (peer) => !this.disconnected.has(peer)
  }

  readonly layer: Layer.Layer<Node | Cache | Endpoints> = Layer.mergeAll(
    Layer.succeed(Cache, this.store),
    Layer.succeed(Endpoints, this.endpoints),
    Layer.succeed(Node, {
      status: this.status,
      state: () => this.state,
      stopped: Effect.never,
      leave: Effect.sync(() => {
        this.hasLeft = true
      }),
      snapshot: (answer) => queueMicrotask(() => answer(this.snapshotOutcome)),
      changeMembers: (change, answer) => {
        this.changes.push(change)
        queueMicrotask(() => answer(this.membershipOutcome))
      },
      transfer: (to, answer) => {
        this.transfers.push(to)
        queueMicrotask(() => answer(this.transferOutcome))
      },
      read: (answer, mode = "linearizable") => {
        this.modes.push(mode)
        this.received(
          "read",
          (outcome) => answer(outcome?._tag === "Refused" ? outcome : { _tag: "Readable" })
        )
      },
      write: (command, answer) =>
        this.received("write", (outcome) => answer(outcome ?? this.apply(command)))
    })
  )

  /** Resolves once the node has received `count` requests in all. */
  async called(count: number): Promise<ReadonlyArray<Call>> {
    while (this.calls.length < count) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
    return this.calls
  }

  private received(kind: Call["kind"], answer: Call["answer"]): void {
    if (this.hasLeft) {
      return queueMicrotask(() => answer({ _tag: "Refused", reason: "Stopping" }))
    }
    this.calls.push({ kind, answer })
    this.wake()
    if (!this.held) queueMicrotask(answer)
  }

  private apply(command: Uint8Array): WriteOutcome {
    const index = ++this.index
    return { _tag: "Done", answer: Machine.apply(this.store, command, index), index }
  }
}
