/**
 * Says the same to a real Redis 7.0 and to this server, whatever chance comes up with, and compares
 * the replies byte for byte. Commands are drawn as soon as the server says that it has them; what
 * may differ is a table (`redis/Differences.ts`). Of a conversation on which the two do not agree,
 * the least that still shows it is printed. RAFTCACHE_REDIS_CONVERSATIONS says how many are
 * tried, RAFTCACHE_REDIS_SEED which.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit, FastCheck as fc, Scope } from "effect"
import * as Latin1 from "../../src/kv/Latin1.js"
import * as Resp from "../../src/wire/Resp.js"
import { Dice } from "../raft/Dice.js"
import * as RespStreams from "../wire/RespStreams.js"
import { RawClient } from "./RawClient.js"
import * as Conversations from "./redis/Conversation.js"
import type { Conversation } from "./redis/Conversation.js"
import * as Differences from "./redis/Differences.js"
import * as Disagreement from "./redis/Disagreement.js"
import type { Has } from "./redis/Grammar.js"
import * as RandomConversation from "./redis/RandomConversation.js"
import * as RedisPair from "./redis/RedisPair.js"
import type { Reply } from "./redis/Reply.js"

const CONVERSATIONS = Number(process.env["RAFTCACHE_REDIS_CONVERSATIONS"] ?? 300)
const SEED = Number(process.env["RAFTCACHE_REDIS_SEED"] ?? 1)

/** Generous: a slow machine is not a defect. */
/** Found by more conversations than a run of the tests has. */
const disagreements: ReadonlyArray<ReadonlyArray<ReadonlyArray<string>>> = [
  [["SET", "a", ""], ["BITCOUNT", "a", "-1", "-2", ""]],
  [["WATCH", "a"], ["SET", "a", "1"], ["DEL", "a"], ["MULTI"], ["EXEC"]]
]

const LIMIT_MILLIS = 60_000 + 100 * CONVERSATIONS

/** Which commands and subcommands a reply to COMMAND tells of. */
const namesIn = (commands: Reply): ReadonlyArray<string> =>
  commands.items.flatMap(({ items }) => [items[0]!.text, ...namesIn(items.at(-1)!)])

/** Of so many arguments and bytes, those between the limits of the two servers differ. */
const BETWEEN_LIMITS = /[$*]\d{7,10}\r/

const agree = async (pair: RedisPair.Pair, numRuns: number, has: Has): Promise<void> => {
  const agrees = async (conversation: Conversation) => {
    const { ours, theirs } = await Conversations.withBoth(pair, conversation)
    return Differences.find(conversation.turns, ours, theirs) === undefined
  }
  const property = fc.asyncProperty(RandomConversation.conversation(has), agrees)
  const { counterexample } = await fc.check(property, { numRuns, seed: SEED })
  if (counterexample === null) return
  const said = await Disagreement.describe(pair, counterexample[0])
  assert.fail(
    `RAFTCACHE_REDIS_SEED=${SEED} RAFTCACHE_REDIS_CONVERSATIONS=${CONVERSATIONS}\n${said}`
  )
}

describe.skipIf(!RedisPair.isInstalled)("Redis compared with Redis", () => {
  it.scoped(
    "says the same: what is drawn depends on no clock, and the differences suffice",
    () =>
      Effect.gen(function*() {
        const pair = yield* RedisPair.twins
        yield* Effect.promise(() => agree(pair, Math.ceil(CONVERSATIONS / 4), () => true))
      }),
    LIMIT_MILLIS
  )
})

describe.skipIf(!RedisPair.isInstalled)("compared with Redis itself", () => {
  const scope = Effect.runSync(Scope.make())
  let pair: RedisPair.RedisPair
  let ours: ReadonlySet<string>
  let theirs: ReadonlySet<string>

  beforeAll(async () => {
    pair = await Effect.runPromise(Scope.extend(RedisPair.make, scope))
    const heard = await Conversations.withBoth(pair, Conversations.alone(["COMMAND"]))
    ours = new Set(namesIn(heard.ours.replies[0]!))
    theirs = new Set(namesIn(heard.theirs.replies[0]!))
  })

  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it("is about commands of Redis, of which these are not here yet", () => {
    assert.deepStrictEqual(RandomConversation.names.filter((name) => !theirs.has(name)), [])
    assert.deepStrictEqual(RandomConversation.names.filter((name) => !ours.has(name)), [])
  })

  it("is about all commands that both have, but for these, which differ as a whole", () => {
    const drawn = new Set(RandomConversation.names)
    const isContainer = (name: string) => [...ours].some((each) => each.startsWith(`${name}|`))
    const both = [...ours].filter((name) => theirs.has(name) && !isContainer(name))
    assert.deepStrictEqual(
      both.filter((name) => !drawn.has(name)).toSorted(),
      Differences.wholes.toSorted()
    )
  })

  it.each(
    Differences.all.flatMap(({ names, witness, why }) =>
      witness === undefined ? [] : [[names.join(", "), why, witness] as const]
    )
  )("would differ on %s: %s", async (_, _why, witness) => {
    if (!witness.every(([name]) => ours.has(name!.toLowerCase()))) return
    for (const protocol of ["2", "3"] as const) {
      const conversation = { ...Conversations.alone(...witness), protocol }
      const { ours, theirs } = await Conversations.withBoth(pair, conversation)
      assert.notDeepEqual(ours, theirs)
      assert.isUndefined(Differences.find(conversation.turns, ours, theirs))
    }
  })

  it.each(disagreements)(
    "says the same to what it once answered otherwise: %#",
    async (...turns) => {
      for (const protocol of ["2", "3"] as const) {
        const conversation = { ...Conversations.alone(...turns), protocol }
        const { ours, theirs } = await Conversations.withBoth(pair, conversation)
        assert.deepStrictEqual(ours, theirs)
      }
    }
  )

  it("says the same to whatever is said", async () => {
    await agree(pair, CONVERSATIONS, (name) => ours.has(name))
  }, LIMIT_MILLIS)

  it("says the same to bytes that are hardly the protocol", async () => {
    for (let seed = SEED; seed < SEED + CONVERSATIONS; seed++) {
      const bytes = RespStreams.draw(new Dice(seed))
      // What Redis says of a line beyond its limit depends on how much of it came at once.
      if (bytes.length > Resp.LINE_LIMIT_BYTES) continue
      // Redis looks for the end of a line as C does: behind a zero it never finds it.
      const said = Latin1.decode(bytes, 0, bytes.length).replaceAll("\0", "\u0001")
      if (BETWEEN_LIMITS.test(said)) continue
      const [ours, theirs] = await Promise.all([
        RawClient.converse(pair.ours, said),
        RawClient.converse(pair.theirs, said)
      ])
      assert.strictEqual(ours, theirs, `RAFTCACHE_REDIS_SEED=${seed}: ${JSON.stringify(said)}`)
    }
  }, LIMIT_MILLIS)
})
