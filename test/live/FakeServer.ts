/** A Redis server over a fake node, for as long as the scope is open. */
import { Effect, Layer } from "effect"
import * as RedisClient from "../../src/live/RedisClient.js"
import * as RedisServer from "../../src/live/RedisServer.js"
import { FakeNode } from "./FakeNode.js"
import { RawClient } from "./RawClient.js"

export const HOST = "127.0.0.1"

export const serve = (options: Partial<RedisServer.Options> = {}, node = new FakeNode()) =>
  Effect.gen(function*() {
    const layer = RedisServer.layer({ host: HOST, port: 0, ...options })
    const services = yield* Layer.build(Layer.provide(layer, node.layer))
    const { port } = yield* Effect.provide(RedisServer.RedisServer, services)
    const where = { host: HOST, port }
    return {
      node,
      where,
      ask: (...words: ReadonlyArray<string>) => RedisClient.ask(where, words),
      connect: Effect.promise(() => RawClient.connect(where)),
      converse: (...parts: ReadonlyArray<string>) =>
        Effect.promise(() => RawClient.converse(where, parts.join("")))
    }
  })
