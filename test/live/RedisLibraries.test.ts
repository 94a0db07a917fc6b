/**
 * What client libraries make of the registry: they read it as they read Redis's.
 */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Redis } from "ioredis"
import { Redis as Redis6 } from "ioredis-6"
import { createClient } from "redis"
import { createClient as createClient6 } from "redis-6"
import * as RedisCommands from "../../src/live/RedisCommands.js"
import { serve } from "./FakeServer.js"

/** By version; of the newer ones only what the older ones have is used. */
const nodeRedis = [
  ["5", createClient],
  ["6", createClient6 as unknown as typeof createClient]
] as const
const ioredis = [["5", Redis], ["6", Redis6 as unknown as typeof Redis]] as const

const names = RedisCommands.all.map(({ name }) => name).toSorted()

describe("COMMAND", () => {
  it.scopedLive.each(nodeRedis)(
    "is read by node-redis %s, in either version of the protocol",
    ([, create]) =>
      Effect.gen(function*() {
        const { where } = yield* serve()
        for (const RESP of [2, 3] as const) {
          yield* Effect.promise(async () => {
            const client = create({ socket: where, RESP })
            await client.connect()
            const all = await client.command()
            expect(all.map(({ name }) => name).toSorted()).toEqual(names)
            const [rename, nothing] = await client.commandInfo(["rename", "nope"])
            expect(nothing).toBeNull()
            expect(rename).toMatchObject({
              name: "rename",
              arity: 3,
              firstKeyIndex: 1,
              lastKeyIndex: 2,
              step: 1
            })
            expect([...rename!.flags]).toEqual(["write"])
            expect([...rename!.categories]).toEqual(["@keyspace", "@write", "@slow"])
            expect(await client.commandCount()).toBe(names.length)
            expect(await client.commandGetKeys(["MSET", "a", "1", "b", "2"])).toEqual(["a", "b"])
            expect(await client.commandList({ FILTERBY: { type: "PATTERN", value: "hset*" } }))
              .toEqual(["hset", "hsetnx"])
            client.destroy()
          })
        }
      })
  )

  it.scopedLive.each(ioredis)(
    "is read by ioredis %s",
    ([, Client]) =>
      Effect.gen(function*() {
        const { where } = yield* serve()
        yield* Effect.promise(async () => {
          const client = new Client({ ...where })
          const all = await client.call("COMMAND") as ReadonlyArray<ReadonlyArray<unknown>>
          expect(all.map(([name]) => name).toSorted()).toEqual(names)
          const docs = await client.command("DOCS", "get") as ReadonlyArray<unknown>
          expect(docs[0]).toBe("get")
          client.disconnect()
        })
      })
  )
})
