/**
 * One node's machine: its disk and its clock, and the processes that run on it one after the other.
 * A process is the node program itself, its log included, on the layers of the simulation. A crash
 * ends it between two instructions; a stop asks it to finish.
 */
import {
  Cause,
  Effect,
  Exit,
  Layer,
  Logger,
  LogLevel,
  Random,
  Runtime,
  RuntimeFlags,
  Scope
} from "effect"
import { Node } from "../node/Node.js"
import * as NodeProgram from "../node/NodeProgram.js"
import * as WriteAheadLog from "../node/WriteAheadLog.js"
import * as StateMachine from "../service/StateMachine.js"
import { Storage } from "../service/Storage.js"
import type { StorageError } from "../service/Storage.js"
import type { Application } from "./Application.js"
import * as Burial from "./Burial.js"
import type { Oracles } from "./Oracles.js"
import type { Replica } from "./ReplicaWatch.js"
import * as ReplicaWatch from "./ReplicaWatch.js"
import { nodeId } from "./Scenario.js"
import { SimClock } from "./SimClock.js"
import { SimDisk } from "./SimDisk.js"
import type { SimNetwork } from "./SimNetwork.js"
import { SimScheduler } from "./SimScheduler.js"
import type { OnStep } from "./SnapshotOracle.js"
import type { World } from "./World.js"

/** One run of the node program. */
interface Life {
  readonly scheduler: SimScheduler
  readonly scope: Scope.CloseableScope
  readonly replica: Replica
  node: Node["Type"] | undefined
  isStopping: boolean
  /** Another one starts when this one has stopped. */
  isFollowed: boolean
}

/**
 * `Failed`: the disk would not do; the process has ended by itself and may be started again.
 * `Lost`: what is on the disk may not be used any more. `Removed`: the process has ended because
 * the node is no member; it may be started again.
 */
export type Status = "Down" | "Starting" | "Running" | "Stopping" | "Failed" | "Lost" | "Removed"

/** Whether a process took its leave of those who waited for it. */
export type Ending = "stopped" | "died"

/** Every cluster is this one. */
const CLUSTER_ID = "73696d756c617465"

/** Fiber metrics cost more than fibers do, and nobody looks at them here. */
const runtime = Runtime.disableRuntimeFlag(Runtime.defaultRuntime, RuntimeFlags.RuntimeMetrics)

export class Host {
  readonly number: number
  readonly id: string
  readonly disk: SimDisk
  readonly clock: SimClock
  readonly #world: World
  readonly #network: SimNetwork
  readonly #oracles: Oracles
  readonly #application: Application
  readonly #onEnd: (how: Ending) => void
  #life: Life | undefined
  #lives = 0
  #status: Status = "Down"
  #isPaused = false
  #pauses = 0
  #crashWhileInstalling: (() => void) | undefined

  constructor(
    number: number,
    world: World,
    network: SimNetwork,
    oracles: Oracles,
    application: Application,
    onEnd: (how: Ending) => void
  ) {
    this.number = number
    this.id = nodeId(number)
    this.#world = world
    this.#network = network
    this.#oracles = oracles
    this.#application = application
    this.#onEnd = onEnd
    this.disk = new SimDisk(world, number)
    this.clock = new SimClock(
      world.timeline,
      number,
      world.scenario.clocks[number] ?? { skewMillis: 0, driftPartsPerMillion: 0 }
    )
  }

  get status(): Status {
    return this.#status
  }

  /** `crash` is called once, while a snapshot arrives from another node or is installed. */
  set crashWhileInstalling(crash: () => void) {
    this.#crashWhileInstalling = crash
  }

  readonly #onStep: OnStep = (step) => {
    const crash = this.#crashWhileInstalling
    if (crash === undefined) return
    // It may as well begin to arrive, and be lost later.
    if (step === "receiving" && this.#world.chooser.pick("process", 3) < 2) return
    this.#crashWhileInstalling = undefined
    this.disk.crashWhileWriting = crash
  }

  /** How often it was paused. */
  get pauses(): number {
    return this.#pauses
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** While the status is `Running` or `Stopping`. */
  get node(): Node["Type"] | undefined {
    return this.#life?.node
  }

  /** Of the process that runs now. */
  get replica(): Replica | undefined {
    return this.#life?.replica
  }

  /** Does nothing if one runs that is not stopping, or if the disk may not be used any more. */
  start(): void {
    if (this.#life?.isStopping === true) this.#life.isFollowed = true
    if (this.#life !== undefined || this.#status === "Lost") return
    if (this.disk.isDoubtful) this.disk.cutPower()
    const { scenario, tasks } = this.#world
    const memory = scenario.memory[this.number]
    const life: Life = {
      scheduler: new SimScheduler(this.id, tasks),
      scope: Effect.runSync(Scope.make()),
      replica: { machine: this.#application.machine(memory), appliedIndex: 0 },
      node: undefined,
      isStopping: false,
      isFollowed: false
    }
    this.#life = life
    this.#lives += 1
    this.#isPaused = false
    this.#become("Starting", "starts")
    Runtime.runFork(runtime)(this.#program(life), { scheduler: life.scheduler, immediate: false })
  }

  /** `cutPower`: the machine goes down with it, and with what its disk had not synced. */
  crash(cutPower: boolean, why: string): void {
    this.#oracles.crashing(this.number)
    if (cutPower) this.disk.cutPower()
    if (this.#life === undefined) return
    if (!cutPower) this.disk.abandon()
    this.#end("Down", why)
  }

  /** As SIGTERM does. */
  stop(): void {
    const life = this.#life
    if (life === undefined || life.isStopping) return
    life.isStopping = true
    const led = life.node?.state().role === "Leader"
    this.#world.marks.hit("node stopped gracefully")
    this.#become("Stopping", "is asked to stop")
    const close = Effect.zipRight(
      Scope.close(life.scope, Exit.void),
      Effect.sync(() => {
        if (this.#life !== life) return
        const leads = life.node?.state().role === "Leader"
        if (led && !leads) this.#world.marks.hit("leader handed over before it stopped")
        this.#end("Down", "has stopped", "stopped")
      })
    )
    Runtime.runFork(runtime)(this.#inside(close), {
      scheduler: life.scheduler,
      immediate: false
    })
  }

  pause(): void {
    if (this.#life === undefined || this.#isPaused) return
    this.#isPaused = true
    this.#pauses += 1
    this.#world.marks.hit("process paused")
    this.#life.scheduler.pause()
    this.#network.pause(this.number)
    this.#tell("Paused", "is paused")
  }

  resume(): void {
    if (this.#life === undefined || !this.#isPaused) return
    this.#isPaused = false
    this.#life.scheduler.resume()
    this.#network.resume(this.number)
    this.#tell(this.#status === "Stopping" ? "Stopping" : "Running", "goes on")
  }

  /** The simulation is over: nothing of it may ever run again, whatever still holds on to it. */
  discard(): void {
    this.#life?.scheduler.kill()
    Burial.buryDead()
  }

  #program(life: Life): Effect.Effect<void> {
    const { scenario } = this.#world
    const members = scenario.nodes - scenario.spares
    const isMember = this.number < members
    const folder: WriteAheadLog.Options = {
      clusterId: CLUSTER_ID,
      nodeId: this.id,
      members: Object.fromEntries(
        isMember ? Array.from({ length: members }, (_, node) => [nodeId(node), ""]) : []
      ),
      segmentLimitBytes: scenario.segmentLimitBytes,
      snapshotBlockBytes: scenario.snapshotBlockBytes
    }
    const storage = Layer.provide(WriteAheadLog.layer(folder), this.disk.layer())
    const watched = Layer.effect(
      Storage,
      Effect.map(
        Storage,
        (service) => this.#oracles.watchStorage(this.number, service, this.#onStep)
      )
    )
    const ports = this.#network.layer(this.number).pipe(
      Layer.provideMerge(Layer.provide(watched, storage))
    )
    const machine = Layer.succeed(
      StateMachine.StateMachine,
      ReplicaWatch.make(this.number, life.replica, this.#oracles)
    )
    const node = NodeProgram.layer({
      electionTimeoutMillis: scenario.electionTimeoutMillis,
      heartbeatMillis: scenario.heartbeatMillis,
      requestTimeoutMillis: scenario.requestTimeoutMillis,
      limits: scenario.limits
    }).pipe(Layer.provide(Layer.merge(ports, machine)))

    const live = Effect.gen(this, function*() {
      const context = yield* Layer.buildWithScope(node, life.scope)
      const service = yield* Effect.provide(Node, context)
      life.node = service
      this.#oracles.started(this.number, service)
      if (!life.isStopping) this.#become("Running", "is up")
      return yield* service.stopped
    })
    return this.#inside(Effect.matchCauseEffect(live, {
      onFailure: (cause) => Effect.sync(() => this.#failed(life, cause)),
      onSuccess: Effect.succeed
    }))
  }

  /** With this machine's clock, chance and log. */
  #inside<A>(effect: Effect.Effect<A>): Effect.Effect<A> {
    const seed = `${this.#world.scenario.seed}/${this.id}/${this.#lives}`
    return effect.pipe(
      Effect.withClock(this.clock.service),
      Effect.withRandom(Random.make(seed)),
      Effect.provide(Logger.replace(Logger.defaultLogger, this.#logger)),
      Logger.withMinimumLogLevel(LogLevel.Info)
    )
  }

  readonly #logger = Logger.make(({ message }) =>
    this.#world.tell({ _tag: "Log", node: this.id, text: String(message) })
  )

  #failed(
    life: Life,
    cause: Cause.Cause<StorageError | { readonly _tag: "NetworkError" | "Removed" }>
  ): void {
    if (this.#life !== life) return
    const failure = Cause.failureOption(cause)
    if (failure._tag === "Some" && failure.value._tag === "Removed") {
      this.#oracles.members.removed(this.number)
      return this.#end("Removed", "has ended: it is no member any more")
    }
    if (failure._tag === "None" || failure.value._tag !== "StorageError") {
      if (Cause.isInterruptedOnly(cause)) return
      this.#end("Lost", "has a defect")
      return this.#world.violate("no-defect", `${this.id} stopped: ${Cause.pretty(cause)}`)
    }
    const { message, reason } = failure.value
    const { marks } = this.#world
    if (reason === "Full") marks.hit("full disk stopped the node")
    if (reason === "Failed") marks.hit("fsync failed and stopped the node")
    if (reason === "Corrupt") marks.hit("damaged log refused")
    const mayReturn = reason === "Full" || reason === "Failed"
    if (!mayReturn && !this.disk.isSpoilt) {
      this.#world.violate(
        "sound-disk-refused",
        `${this.id} refuses a disk that is as it left it: ` +
          message
      )
    }
    this.#end(mayReturn ? "Failed" : "Lost", message)
  }

  /** Nothing of the process runs any more. */
  #end(status: "Down" | "Failed" | "Lost" | "Removed", why: string, how: Ending = "died"): void {
    const life = this.#life
    this.#life = undefined
    this.#isPaused = false
    life?.scheduler.kill()
    this.#network.detach(this.number)
    this.#oracles.ended(this.number)
    this.#onEnd(how)
    Burial.buryDead()
    this.#become(status, why)
    if (status !== "Lost" && life?.isFollowed === true) this.start()
  }

  #become(status: Status, why: string): void {
    this.#world.progressed()
    this.#status = status
    this.#tell(
      status === "Starting" || status === "Running"
        ? "Running"
        : status === "Lost"
        ? "Failed"
        : status === "Removed"
        ? "Down"
        : status,
      why
    )
  }

  #tell(status: "Running" | "Down" | "Stopping" | "Paused" | "Failed", why: string): void {
    this.#world.tell({ _tag: "Process", node: this.id, status, why })
  }
}
