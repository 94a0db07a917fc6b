/**
 * The cache as the cluster's state machine: one store, written by the log and read by the servers
 * of the same node.
 */
import { Context, Effect, Layer } from "effect"
import * as Machine from "../kv/Machine.js"
import * as Memory from "../kv/Memory.js"
import * as Store from "../kv/Store.js"
import * as StateMachine from "../service/StateMachine.js"

/** The node's own replica. Read it only when the node has said that it may be read (Node.read). */
export class Cache extends Context.Tag("raftcache/Cache")<Cache, Store.Store>() {}

/**
 * One empty store for each call. A layer is built once and shared by reference: what is composed
 * from one of these layers sees one store, and each node of a process gets a layer of its own.
 */
export const layer = (
  memory: Memory.Settings = Memory.defaults
): Layer.Layer<Cache | StateMachine.StateMachine> =>
  Layer.effectContext(
    Effect.sync(() => {
      const store = new Store.Store()
      store.memory = memory
      return Context.make(Cache, store).pipe(
        Context.add(StateMachine.StateMachine, {
          apply: (command, index) => Machine.apply(store, command, index),
          snapshot: (index) => Store.snapshot(store, index),
          restore: () => Store.restore(store),
          adopt: (memory, index) => store.adopt(memory, index),
          chores: Machine.chores(store)
        })
      )
    })
  )
