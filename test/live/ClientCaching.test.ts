/**
 * The one thing that must never happen to a client that keeps what it reads: that it keeps
 * something for ever which is no longer so. Requests of several clients, the moments at which the
 * node carries them out, and what comes between an answer and its reply are drawn by chance.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import { CachingClient } from "./CachingClient.js"
import { serve } from "./FakeServer.js"

/** How a client may have said CLIENT TRACKING ON. */
const MODES: ReadonlyArray<ReadonlyArray<string>> = [
  [],
  ["NOLOOP"],
  ["OPTOUT"],
  ["BCAST"],
  ["BCAST", "NOLOOP"],
  ["BCAST", "PREFIX", "a", "PREFIX", "b"]
]

const RUNS = 150

type Words = ReadonlyArray<string>

/** What one client asks at once, or how many of the requests that wait the node carries out. */
type Step =
  | { readonly client: number; readonly requests: ReadonlyArray<Words> }
  | { readonly answers: number }

const key = fc.constantFrom("a", "b")

const read = fc.tuple(fc.constantFrom("GET", "GET", "TTL"), key)

const write = fc.oneof(
  { arbitrary: fc.tuple(fc.constant("SET"), key, fc.nat(9).map(String)), weight: 4 },
  { arbitrary: fc.tuple(fc.constant("DEL"), key), weight: 2 },
  fc.constant(["FLUSHALL"])
)

const request: fc.Arbitrary<Words> = fc.oneof(read, write)

const requests = fc.oneof(
  fc.array(request, { minLength: 1, maxLength: 3 }),
  fc.array(request, { minLength: 1, maxLength: 3 })
    .map((queued) => [["MULTI"], ...queued, ["EXEC"]])
)

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ client: fc.nat(2), requests }),
  fc.record({ answers: fc.integer({ min: 1, max: 4 }) })
)

const life = fc.record({
  modes: fc.array(fc.constantFrom(...MODES), { minLength: 3, maxLength: 3 }),
  steps: fc.array(step, { maxLength: 25 })
})

describe("a client that keeps what it reads", () => {
  it.scopedLive("keeps nothing that is no longer so once it has heard everything", () =>
    Effect.gen(function*() {
      const { node, where } = yield* serve()
      const live = async (modes: ReadonlyArray<Words>, steps: ReadonlyArray<Step>) => {
        const clients = await Promise.all(
          modes.map((options) => CachingClient.connect(where, options))
        )
        const bystander = await CachingClient.connect(where, [])
        const all = [...clients, bystander]
        await Promise.all(all.map((client) => client.answered()))
        node.held = true
        let answered = node.calls.length
        for (const next of steps) {
          if ("requests" in next) clients[next.client]!.ask(...next.requests)
          else for (let count = 0; count < next.answers; count++) node.calls[answered++]?.answer()
          answered = Math.min(answered, node.calls.length)
          // By the time that somebody else has an answer, what was sent has mostly arrived.
          bystander.ask(["PING"])
          await bystander.answered()
        }
        node.held = false
        while (answered < node.calls.length) node.calls[answered++]!.answer()
        await Promise.all(all.map((client) => client.answered()))
        for (const client of all) client.ask(["PING"])
        await Promise.all(all.map((client) => client.answered()))
        const asker = await CachingClient.connect(where, ["BCAST"])
        const asked = clients.flatMap(({ kept }) => [...kept.keys()])
        asker.ask(...asked.map((words) => words.split(" ")))
        await asker.answered()
        for (const { kept } of clients) {
          for (const [words, reply] of kept) {
            assert.strictEqual(reply, asker.kept.get(words), `${words} is kept`)
          }
        }
        for (const { raw } of [...all, asker]) raw.socket.destroy()
      }
      const property = fc.asyncProperty(life, ({ modes, steps }) => live(modes, steps))
      yield* Effect.promise(() => fc.assert(property, { numRuns: RUNS, seed: 1 }))
    }))
})
