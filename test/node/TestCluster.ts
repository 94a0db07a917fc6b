/**
 * The whole node program, several times, on a network and on disks in memory, under whatever clock
 * the test runs: only the outermost layers differ from production.
 */
import { Context, Effect, Exit, Fiber, Layer, Option, Scope, TestClock } from "effect"
import * as Answer from "../../src/kv/Answer.js"
import * as Command from "../../src/kv/Command.js"
import * as Key from "../../src/kv/Key.js"
import * as Store from "../../src/kv/Store.js"
import * as Cache from "../../src/node/Cache.js"
import type { Change } from "../../src/node/Memberships.js"
import { Node } from "../../src/node/Node.js"
import type {
  MembershipOutcome,
  ReadOutcome,
  SnapshotOutcome,
  TransferOutcome,
  WriteOutcome
} from "../../src/node/Node.js"
import * as NodeProgram from "../../src/node/NodeProgram.js"
import * as WriteAheadLog from "../../src/node/WriteAheadLog.js"
import type { Limits } from "../../src/raft/State.js"
import * as States from "../../src/raft/State.js"
import { Disk } from "../../src/service/Disk.js"
import * as MemoryDisk from "../../src/sim/MemoryDisk.js"
import * as MemoryNetwork from "../../src/sim/MemoryNetwork.js"

const STEP_MILLIS = 50
/** Far beyond every timeout: what has not happened by then never will. */
const PATIENCE_STEPS = 400

/** Runs `effect` and moves the clock on until it is done. */
export const elapse = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    for (let step = 0; step < PATIENCE_STEPS; step++) {
      if (Option.isSome(yield* Fiber.poll(fiber))) break
      yield* TestClock.adjust(STEP_MILLIS)
    }
    if (Option.isNone(yield* Fiber.poll(fiber))) return yield* Effect.dieMessage("never happened")
    return yield* Fiber.join(fiber)
  })

export const set = (key: string, value: string): Uint8Array =>
  Command.encodeCall(Command.words("set", key, value))

export const increment = (key: string): Uint8Array => Command.encodeCall(Command.words("incr", key))

export const make = (
  ids: ReadonlyArray<string>,
  seed: number,
  limits: Limits = States.defaultLimits
) =>
  Effect.gen(function*() {
    const hub = yield* MemoryNetwork.make({
      seed,
      faults: { delayMinMillis: 1, delayMaxMillis: 3 }
    })
    const members = Object.fromEntries(ids.map((id) => [id, ""]))
    const disks = new Map(ids.map((id) => [id, MemoryDisk.make()]))
    const gates = new Map(ids.map((id) => [id, Effect.unsafeMakeLatch(true)]))
    const running = new Map<string, Running>()

    const start = (id: string) =>
      Effect.gen(function*() {
        const disk = Layer.map(MemoryDisk.layer(disks.get(id)!), (services) => {
          const memory = Context.get(services, Disk)
          const { whenOpen } = gates.get(id)!
          return Context.make(Disk, { ...memory, sync: (file) => whenOpen(memory.sync(file)) })
        })
        const founding = ids.includes(id) ? members : {}
        const folder = { clusterId: "0123456789abcdef", nodeId: id, members: founding }
        const storage = Layer.provide(WriteAheadLog.layer(folder), disk)
        const options = { ...NodeProgram.defaults, limits }
        const layer = NodeProgram.layer(options).pipe(
          Layer.provide(Layer.merge(storage, MemoryNetwork.layer(hub, id))),
          Layer.provideMerge(Cache.layer())
        )
        const scope = yield* Scope.make()
        const services = yield* Layer.buildWithScope(layer, scope)
        running.set(id, { scope, services })
      })

    /** Stops the node as SIGTERM would. */
    const stop = (id: string) =>
      Effect.suspend(() => {
        const { scope } = running.get(id)!
        running.delete(id)
        return Scope.close(scope, Exit.void)
      })

    const node = (id: string) => Context.get(running.get(id)!.services, Node)
    const store = (id: string) => Context.get(running.get(id)!.services, Cache.Cache)

    yield* Effect.forEach(ids, start, { discard: true })
    yield* Effect.addFinalizer(() => elapse(Effect.forEach([...running.keys()], stop)))

    const changeMembers = (id: string, change: Partial<Change>) =>
      Effect.async<MembershipOutcome>((resume) =>
        node(id).changeMembers(
          { add: [], remove: [], expected: undefined, ...change },
          (outcome) => resume(Effect.succeed(outcome))
        )
      )

    return {
      /** A new node, which knows nobody. */
      join: (id: string) =>
        Effect.suspend(() => {
          disks.set(id, MemoryDisk.make())
          gates.set(id, Effect.unsafeMakeLatch(true))
          return start(id)
        }),
      changeMembers,
      /** Undefined while it runs. */
      stopped: (id: string) => node(id).stopped,
      hub,
      disks,
      /** The node's syncs end while it is open. */
      gate: (id: string) => gates.get(id)!,
      ids,
      start,
      stop,
      status: (id: string) => node(id).status(),
      state: (id: string) => node(id).state(),
      snapshot: (id: string) =>
        Effect.async<SnapshotOutcome>((resume) =>
          node(id).snapshot((outcome) => resume(Effect.succeed(outcome)))
        ),
      write: (id: string, command: Uint8Array) =>
        Effect.async<WriteOutcome>((resume) =>
          node(id).write(command, (outcome) => resume(Effect.succeed(outcome)))
        ),
      transfer: (id: string, to: string | undefined) =>
        Effect.async<TransferOutcome>((resume) =>
          node(id).transfer(to, (outcome) => resume(Effect.succeed(outcome)))
        ),
      /** The value that a linearizable read of `key` shows at this node, or why there is none. */
      read: (id: string, key: string) =>
        Effect.async<string | undefined>((resume) =>
          node(id).read((outcome: ReadOutcome) => {
            if (outcome._tag !== "Readable") return resume(Effect.succeed(outcome.reason))
            const stored = store(id).get(Key.fromBytes(new TextEncoder().encode(key)))
            const value = stored?.value as Uint8Array | undefined
            resume(Effect.succeed(value && new TextDecoder().decode(value)))
          })
        ),
      digest: (id: string) => Store.digest(store(id)),
      /** The node that a majority follows, once there is one. */
      leader: Effect.suspend(() => {
        const followed = [...running.keys()].map((id) => node(id).status())
        const term = Math.max(...followed.map((status) => status.term))
        const votes = followed.filter((status) => status.term === term && status.leader)
        const leader = followed.find((each) => each.role === "Leader" && each.term === term)
        return leader !== undefined && 2 * votes.length > leader.members.length
          ? Effect.succeed(leader.id)
          : Effect.fail("no leader yet" as const)
      }).pipe(
        Effect.retry({ while: () => Effect.as(Effect.sleep(STEP_MILLIS), true) }),
        Effect.orDie
      )
    }
  })

interface Running {
  readonly scope: Scope.CloseableScope
  readonly services: Context.Context<Node | Cache.Cache>
}

/** What a write was answered, in short. */
export const told = (outcome: WriteOutcome): string => {
  if (outcome._tag !== "Done") return outcome._tag === "Refused" ? outcome.reason : outcome._tag
  const answer = Answer.read(outcome.answer)
  return answer._tag === "Integer" ? String(answer.value) : answer._tag
}
