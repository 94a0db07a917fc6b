import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Answer from "../../src/kv/Answer.js"
import * as Command from "../../src/kv/Command.js"
import * as Key from "../../src/kv/Key.js"
import * as Cache from "../../src/node/Cache.js"
import * as StateMachine from "../../src/service/StateMachine.js"

layer(Cache.layer())("the cache", (it) => {
  it.effect("is the state machine of its node: what the log applies, its readers see", () =>
    Effect.gen(function*() {
      const store = yield* Cache.Cache
      const machine = yield* StateMachine.StateMachine
      const key = Key.fromBytes(Uint8Array.of(1, 255))
      const value = Uint8Array.of(3)
      const command = Command.encodeCall(Command.words("set", key, value))
      expect(machine.apply(command, 7)).toEqual(Answer.ok)
      expect(store.get(key)).toMatchObject({ value, revision: 7, due: undefined })
    }))
})
