/**
 * Members are added, removed and replaced through any node of a cluster, while it goes on, and each
 * change is done once.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { MembershipOutcome } from "../../src/node/Node.js"
import * as TestCluster from "./TestCluster.js"
import { elapse, increment, told } from "./TestCluster.js"

const three = TestCluster.make(["n1", "n2", "n3"], 11)

type Cluster = Effect.Effect.Success<typeof three>

const n4 = { id: "n4", address: "10.0.0.4:7101" }

const others = (cluster: Cluster, id: string) => cluster.ids.filter((each) => each !== id)

const short = (outcome: MembershipOutcome): string => {
  if (outcome._tag === "ChangeRefused") return outcome.why
  return outcome._tag === "Refused" ? outcome.reason : outcome._tag
}

/** Returns when `id` sees these members, all of them voters. */
const voters = (cluster: Cluster, id: string, ids: ReadonlyArray<string>) =>
  elapse(
    Effect.suspend(() => {
      const { isJoint, members } = cluster.status(id).membership
      const found = members.map((member) => member.id).sort()
      const isSo = !isJoint && members.every(({ role }) => role === "Voter") &&
        found.join() === [...ids].sort().join()
      return isSo ? Effect.void : Effect.fail("not yet" as const)
    }).pipe(
      Effect.retry({ while: () => Effect.as(Effect.sleep(50), true) }),
      Effect.orDie
    )
  )

describe.concurrent("the members of a cluster", () => {
  it.scoped("grow by a node that learns first and then votes, whichever node is asked", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const [asked] = others(cluster, leader)
      assert.strictEqual(told(yield* elapse(cluster.write(leader, increment("n")))), "1")
      yield* cluster.join("n4")
      assert.deepStrictEqual(cluster.status("n4").members, [])
      const outcome = yield* elapse(cluster.changeMembers(asked!, { add: [n4] }))
      assert.strictEqual(outcome._tag, "MembershipChanged")
      yield* voters(cluster, "n4", ["n1", "n2", "n3", "n4"])
      assert.strictEqual(yield* elapse(cluster.read("n4", "n")), "1")
      assert.strictEqual(told(yield* elapse(cluster.write("n4", increment("n")))), "2")
    }))

  it.scoped("are told with their addresses, and by the leader how far behind each is", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const [other] = others(cluster, leader)
      yield* elapse(cluster.changeMembers(other!, { add: [n4] }))
      const { index, members } = cluster.status(leader).membership
      const learner = members.find(({ id }) => id === "n4")
      assert.deepStrictEqual(learner, { ...n4, role: "Learner", behind: index })
      yield* elapse(Effect.sleep(1_000))
      const atOther = cluster.status(other!).membership.members.find(({ id }) => id === "n4")
      assert.deepStrictEqual(atOther, { ...n4, role: "Learner", behind: undefined })
    }))

  it.scoped("shrink, and who was removed stops and says what to do", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const [stays, leaves] = others(cluster, leader)
      const stopped = yield* Effect.fork(Effect.flip(cluster.stopped(leaves!)))
      const outcome = yield* elapse(cluster.changeMembers(leaves!, { remove: [leaves!] }))
      assert.strictEqual(outcome._tag, "MembershipChanged")
      const error = yield* elapse(Effect.fromFiber(stopped))
      assert(error._tag === "Removed")
      assert.include(error.message, `${leaves} was removed from the cluster`)
      yield* voters(cluster, stays!, [leader, stays!])
      assert.strictEqual(told(yield* elapse(cluster.write(stays!, increment("n")))), "1")
    }))

  it.scoped("can do without the leader that is removed: another leads", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const [one, other] = others(cluster, leader)
      const stopped = yield* Effect.fork(Effect.flip(cluster.stopped(leader)))
      const outcome = yield* elapse(cluster.changeMembers(leader, { remove: [leader] }))
      assert.strictEqual(outcome._tag, "MembershipChanged")
      assert.strictEqual((yield* elapse(Effect.fromFiber(stopped)))._tag, "Removed")
      yield* voters(cluster, one!, [one!, other!])
      assert.include([one, other], yield* elapse(cluster.leader))
      assert.strictEqual(told(yield* elapse(cluster.write(other!, increment("n")))), "1")
    }))

  it.scoped("have one replaced by another in one change, though it is down", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const [stays, lost] = others(cluster, leader)
      yield* elapse(cluster.stop(lost!))
      yield* cluster.join("n4")
      const outcome = yield* elapse(
        cluster.changeMembers(stays!, { add: [n4], remove: [lost!] })
      )
      assert.strictEqual(outcome._tag, "MembershipChanged")
      yield* voters(cluster, "n4", [leader, stays!, "n4"])
    }))
})

describe.concurrent("a change of the members", () => {
  it.scoped("that has come about already is done, and is not done again", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      yield* elapse(cluster.leader)
      yield* cluster.join("n4")
      const first = yield* elapse(cluster.changeMembers("n1", { add: [n4] }))
      assert.strictEqual(first._tag, "MembershipChanged")
      yield* voters(cluster, "n2", ["n1", "n2", "n3", "n4"])
      const { index } = cluster.status("n2").membership
      const again = yield* elapse(cluster.changeMembers("n2", { add: [n4] }))
      assert.deepStrictEqual(again, { _tag: "MembershipChanged", index })
      assert.strictEqual(cluster.status("n2").membership.index, index)
    }))

  it.scoped("is refused for a reason that can be told", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      yield* elapse(cluster.leader)
      const why = (change: Parameters<typeof cluster.changeMembers>[1]) =>
        Effect.map(elapse(cluster.changeMembers("n2", change)), short)
      const moved = { id: "n1", address: "10.0.0.9:7101" }
      assert.strictEqual(yield* why({ add: [moved] }), "AlreadyMember")
      assert.strictEqual(yield* why({ remove: ["n9"], add: [n4, n4] }), "AlreadyMember")
      assert.strictEqual(yield* why({ remove: ["n9"] }), "NotMember")
      assert.strictEqual(yield* why({ remove: ["n1", "n2", "n3"] }), "NoVoterLeft")
      assert.strictEqual(yield* why({ add: [n4], expected: 99 }), "NotExpected")
      assert.strictEqual(yield* why({ add: [n4], expected: 0 }), "MembershipChanged")
      const n5 = { id: "n5", address: "10.0.0.5:7101" }
      assert.strictEqual(yield* why({ add: [n5] }), "UnderWay")
      assert.strictEqual(yield* why({ remove: ["n4"] }), "MembershipChanged")
    }))

  it.scoped("waits for a leader until its deadline, and is refused if nobody was asked", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      for (const id of cluster.ids) cluster.hub.isolate(id)
      const outcome = yield* elapse(cluster.changeMembers("n1", { add: [n4] }))
      assert.strictEqual(short(outcome), "NoLeader")
    }))

  it.scoped("that a leader was asked for and did not answer has an unknown outcome", () =>
    Effect.gen(function*() {
      const cluster = yield* three
      const leader = yield* elapse(cluster.leader)
      const [asked] = others(cluster, leader)
      cluster.hub.cut(leader, asked!)
      const outcome = yield* elapse(cluster.changeMembers(asked!, { add: [n4] }))
      assert.include(["UnknownOutcome", "MembershipChanged"], outcome._tag)
    }))

  it.scoped.each([1, 2, 3])(
    "is done once, however many messages are lost: seed %i",
    (seed) =>
      Effect.gen(function*() {
        const cluster = yield* TestCluster.make(["n1", "n2", "n3"], seed)
        const leader = yield* elapse(cluster.leader)
        const [asked] = others(cluster, leader)
        cluster.hub.setFaults({ dropProbability: 0.3, duplicateProbability: 0.3 })
        const outcome = yield* elapse(cluster.changeMembers(asked!, { add: [n4] }))
        cluster.hub.setFaults({ dropProbability: 0, duplicateProbability: 0 })
        const after = yield* elapse(cluster.leader)
        yield* elapse(cluster.write(after, increment("n")))
        const { log } = cluster.state(after)
        const changes = Array.from({ length: log.last }, (_, at) => log.at(at + 1))
          .filter((entry) => entry?.kind === "Configuration")
        if (outcome._tag === "MembershipChanged") assert.strictEqual(changes.length, 1)
        else assert.isAtMost(changes.length, 1)
      })
  )
})
