import { assert, describe, it } from "@effect/vitest"
import * as Command from "../../src/kv/Command.js"
import type { Key } from "../../src/kv/Key.js"
import * as Machine from "../../src/kv/Machine.js"
import * as Store from "../../src/kv/Store.js"
import type { Mode } from "../../src/live/Tracker.js"
import { Tracking } from "../../src/live/Tracking.js"
import { LIMITS } from "../../src/live/TrackingTable.js"
import { TransactionReads } from "../../src/live/TransactionReads.js"
import { FakeClient } from "./FakeClient.js"

const key = (name: string): Key => name as Key
const keys = (...names: ReadonlyArray<string>): ReadonlyArray<Key> => names.map(key)

const words = (line: string) => Command.words(...line.split(" "))

const ALL: Mode = { redirect: undefined, prefixes: undefined, reads: "all", isNoLoop: false }

const broadcast = (...prefixes: ReadonlyArray<string>): Mode => ({
  ...ALL,
  prefixes: new Set(keys(...prefixes))
})

/** One node: a store that commands apply to, and clients that are told. */
const node = (limits = LIMITS) => {
  const store = new Store.Store()
  const tracking = new Tracking(store, limits)
  let index = 0
  let lastId = 0
  const apply = (command: Command.Command, writer?: FakeClient): number => {
    Machine.apply(store, Command.encode(command), ++index)
    if (writer !== undefined) tracking.wrote(writer.client, index)
    return index
  }
  return {
    store,
    tracking,
    client: (mode?: Mode) => {
      const fake = new FakeClient(++lastId)
      if (mode !== undefined) tracking.start(fake.client, mode)
      return fake
    },
    /** The index at which the log carries it. */
    write: (line: string, writer?: FakeClient) =>
      apply({ _tag: "Call", words: words(line) }, writer),
    transact: (lines: ReadonlyArray<string>, writer: FakeClient) =>
      apply({ _tag: "Transaction", watched: [], calls: lines.map(words) }, writer),
    time: (millis: number) => apply({ _tag: "Time", millis }),
    read: ({ client }: FakeClient, ...names: ReadonlyArray<string>) =>
      tracking.read(client, keys(...names)),
    readAt: ({ client }: FakeClient, index: number, ...names: ReadonlyArray<string>) =>
      tracking.readAt(client, keys(...names), index),
    /** The reply to the transaction at `index` is written. */
    readIn: ({ client }: FakeClient, index: number, lines: ReadonlyArray<string>) => {
      const reads = new TransactionReads()
      for (const line of lines) reads.call(words(line), client.tracker!)
      tracking.readIn(client, reads, index)
    }
  }
}

describe("a client that tracks what it reads", () => {
  it("is told once of the next change of each key, whoever makes it", () => {
    const { client, read, write } = node()
    const [one, other] = [client(ALL), client(ALL)]
    read(one, "a", "b")
    read(other, "a")
    write("set a 1")
    write("set a 2")
    write("mset b 1 c 1")
    assert.deepStrictEqual(one.hear(), [["a"], ["b"]])
    assert.deepStrictEqual(other.hear(), [["a"]])
    read(one, "a")
    write("del a")
    assert.deepStrictEqual([one.hear(), other.hear()], [[["a"]], []])
  })

  it("is told of what a command changes, not of what it looks at", () => {
    const { client, read, write } = node()
    const one = client(ALL)
    write("set a 1")
    read(one, "a", "b")
    write("set a 2 nx")
    write("del b")
    write("get a")
    assert.deepStrictEqual(one.hear(), [])
    write("rename a b")
    assert.deepStrictEqual(one.hear(), [["a"], ["b"]])
  })

  it("is told of fields, of times to go, and when a key goes by itself", () => {
    const { client, read, time, write } = node()
    const one = client(ALL)
    for (const line of ["hset h f 1", "hset h f 2", "pexpire h 10", "persist h", "hdel h f"]) {
      read(one, "h")
      write(line)
      assert.deepStrictEqual(one.hear(), [["h"]], line)
    }
    write("set a 1 px 10")
    read(one, "a")
    time(9)
    assert.deepStrictEqual(one.hear(), [])
    time(10)
    assert.deepStrictEqual(one.hear(), [["a"]])
  })

  it("is told that all is gone after FLUSHALL, whatever it has read", () => {
    const { client, read, tracking, write } = node()
    const [one, other] = [client(ALL), client(broadcast("x"))]
    read(one, "a")
    write("flushall")
    assert.deepStrictEqual([one.hear(), other.hear()], [["all"], ["all"]])
    assert.strictEqual(tracking.keys, 0)
  })

  it("is told that all is gone when a snapshot takes the place of the store", () => {
    const { client, read, store, write } = node()
    const one = client(ALL)
    write("set a 1")
    read(one, "a")
    const restoring = Store.restore(store)
    for (const part of Store.snapshot(new Store.Store(), 0)) restoring.add(part)
    assert.deepStrictEqual(one.hear(), [])
    restoring.done()
    assert.deepStrictEqual(one.hear(), ["all"])
  })

  it("is told when there is no room to remember what it has read", () => {
    const { client, read, tracking, write } = node({ keys: 2, bytes: 1_000 })
    const one = client(ALL)
    read(one, "a", "b", "c")
    const [given] = one.hear()
    assert.strictEqual(given?.length, 1)
    assert.strictEqual(tracking.keys, 2)
    write("flushall")
    assert.deepStrictEqual(one.hear(), ["all"])
  })

  it("is told nothing once it has said OFF, nor who has not said ON", () => {
    const { client, read, tracking, write } = node()
    const [one, other] = [client(ALL), client()]
    read(one, "a")
    read(other, "a")
    tracking.stop(one.client)
    write("set a 1")
    write("flushall")
    assert.deepStrictEqual([one.hear(), other.hear()], [[], []])
  })
})

describe("a client that chooses what counts", () => {
  it("has only those reads remembered that it has said so of, with OPTIN", () => {
    const { client, read, write } = node()
    const one = client({ ...ALL, reads: "optin" })
    read(one, "a")
    one.client.tracker!.isCachingSaid = true
    read(one, "b")
    write("mset a 1 b 1")
    assert.deepStrictEqual(one.hear(), [["b"]])
  })

  it("has all reads remembered but those that it has said so of, with OPTOUT", () => {
    const { client, read, write } = node()
    const one = client({ ...ALL, reads: "optout" })
    read(one, "a")
    one.client.tracker!.isCachingSaid = true
    read(one, "b")
    write("mset a 1 b 1")
    assert.deepStrictEqual(one.hear(), [["a"]])
  })
})

describe("a client that writes itself", () => {
  it("is told of its own change behind the reply, of those of others before", () => {
    const { client, read, write } = node()
    const one = client(ALL)
    read(one, "a", "b", "c")
    write("set a 1")
    const index = write("set b 1", one)
    write("set c 1")
    assert.deepStrictEqual(one.hear(), [["a"], ["c"]])
    assert.deepStrictEqual(one.reply(index - 1), [])
    assert.deepStrictEqual(one.reply(index), [["b"]])
    assert.deepStrictEqual(one.hear(), [])
  })

  it("is not told of its own change with NOLOOP, and has to read again to hear of others'", () => {
    const { client, read, write } = node()
    const one = client({ ...ALL, isNoLoop: true })
    read(one, "a", "b")
    const index = write("set a 1", one)
    write("set b 1")
    write("set a 2")
    assert.deepStrictEqual(one.hear(), [["b"]])
    assert.deepStrictEqual(one.reply(index), [])
    read(one, "a")
    write("set a 3")
    assert.deepStrictEqual(one.hear(), [["a"]])
  })

  it("is told that all is gone although it has done that itself, with NOLOOP", () => {
    const { client, write } = node()
    const one = client({ ...ALL, isNoLoop: true })
    const index = write("flushall", one)
    assert.deepStrictEqual([one.hear(), one.reply(index)], [[], ["all"]])
  })

  it("is told of its own change as of another's when nobody heard that it was its own", () => {
    const { client, read, write } = node()
    const one = client({ ...ALL, isNoLoop: true })
    read(one, "a")
    write("set a 1")
    assert.deepStrictEqual(one.hear(), [["a"]])
  })
})

describe("a client whose read the log carries", () => {
  it("is told of a change behind its index at once, because its reply is older", () => {
    const { client, readAt, write } = node()
    const one = client(ALL)
    write("set a 1")
    const index = write("ttl a", one)
    write("set a 2")
    assert.deepStrictEqual(one.hear(), [])
    readAt(one, index, "a")
    assert.deepStrictEqual(one.reply(index), [["a"]])
  })

  it("is told of the next change if there was none in between, present or absent", () => {
    const { client, readAt, write } = node()
    const one = client(ALL)
    write("set a 1")
    const index = write("exists a b", one)
    readAt(one, index, "a", "b")
    assert.deepStrictEqual(one.reply(index), [])
    write("mset a 2 b 2")
    assert.deepStrictEqual(one.hear(), [["a"], ["b"]])
  })

  it("is told of what went in between, and so of what was absent if anything has changed", () => {
    const { client, readAt, write } = node()
    const one = client(ALL)
    write("mset a 1 b 1")
    const index = write("exists a b c", one)
    write("del a")
    readAt(one, index, "a", "b", "c")
    assert.deepStrictEqual(one.reply(index), [["a"], ["c"]])
  })

  it("is told of what may have changed before anybody was there to see it", () => {
    const { client, readAt, tracking, write } = node()
    const one = client()
    const index = write("ttl a", one)
    write("set a 1")
    write("del a")
    tracking.start(one.client, ALL)
    readAt(one, index, "a")
    assert.deepStrictEqual(one.reply(index), [["a"]])
  })
})

describe("a client that reads in a transaction", () => {
  it("is told of what the transaction writes behind its read", () => {
    const { client, readIn, transact, write } = node()
    const one = client(ALL)
    const lines = ["get a", "get b", "set a 1"]
    const index = transact(lines, one)
    readIn(one, index, lines)
    assert.deepStrictEqual(one.reply(index), [["a"]])
    write("mset a 2 b 2")
    assert.deepStrictEqual(one.hear(), [["b"]])
  })

  it("is told of the next change of what it has written before it reads it", () => {
    const { client, readIn, transact, write } = node()
    const one = client(ALL)
    const lines = ["set a 1", "get a"]
    const index = transact(lines, one)
    readIn(one, index, lines)
    assert.deepStrictEqual(one.reply(index), [])
    write("set a 2")
    assert.deepStrictEqual(one.hear(), [["a"]])
  })

  it("is told of the next change where the transaction has written nothing in the end", () => {
    const { client, readIn, transact, write } = node()
    const one = client(ALL)
    write("set a 1")
    const lines = ["get a", "set a 2 nx"]
    const index = transact(lines, one)
    readIn(one, index, lines)
    assert.deepStrictEqual(one.reply(index), [])
    write("set a 2")
    assert.deepStrictEqual(one.hear(), [["a"]])
  })

  it("is told both when it has read before and again, as Redis does", () => {
    const { client, read, readIn, transact } = node()
    const one = client(ALL)
    read(one, "a")
    const lines = ["set a 2", "get a", "set a 3"]
    const index = transact(lines, one)
    readIn(one, index, lines)
    assert.deepStrictEqual(one.reply(index), [["a"], ["a"]])
  })

  it("is told of all that it has read before the transaction deletes everything", () => {
    const { client, readIn, transact } = node()
    const one = client(ALL)
    const lines = ["get a", "flushall"]
    const index = transact(lines, one)
    readIn(one, index, lines)
    assert.deepStrictEqual(one.reply(index), ["all", ["a"]])
  })

  it("is told of a change by others since, also where it has written itself", () => {
    const { client, readIn, transact, write } = node()
    const one = client(ALL)
    const lines = ["get a", "set b 1"]
    const index = transact(lines, one)
    write("set a 1")
    readIn(one, index, lines)
    assert.deepStrictEqual(one.reply(index), [["a"]])
  })
})

describe("a client that is told of prefixes", () => {
  it("is told of every key with one of them, whether it has read it or not", () => {
    const { client, tracking, write } = node()
    const one = client(broadcast("a", "b"))
    write("mset ab 1 c 1 a 1 b 1")
    assert.deepStrictEqual(one.hear(), [["a", "ab"], ["b"]])
    write("set a 2")
    assert.deepStrictEqual([one.hear(), tracking.prefixes], [[["a"]], 2])
  })

  it("is told of what changes in one turn together, each key once", () => {
    const { client, write } = node()
    const [one, other] = [client(broadcast("")), client(broadcast(""))]
    write("set b 1")
    write("set a 1")
    assert.deepStrictEqual(one.hear(), [["a", "b"]])
    write("set b 2")
    write("set b 3")
    assert.deepStrictEqual(other.hear(), [["a", "b"], ["b"]])
    assert.deepStrictEqual(one.hear(), [["b"]])
  })

  it("is told of what changes from when it has said so on", () => {
    const { client, write } = node()
    const one = client(broadcast(""))
    write("set a 1")
    const other = client(broadcast(""))
    write("set b 1")
    assert.deepStrictEqual([one.hear().flat(), other.hear()], [["a", "b"], [["b"]]])
  })

  it("is told of its own changes behind their replies, or not at all with NOLOOP", () => {
    const { client, write } = node()
    const one = client(broadcast(""))
    const quiet = client({ ...broadcast(""), isNoLoop: true })
    write("set a 1")
    const index = write("set b 1", one)
    const silent = write("set c 1", quiet)
    write("set d 1")
    assert.deepStrictEqual(one.hear(), [["a", "c", "d"]])
    assert.deepStrictEqual(one.reply(index), [["b"]])
    assert.deepStrictEqual(quiet.hear(), [["a", "b", "d"]])
    assert.deepStrictEqual(quiet.reply(silent), [])
  })

  it("adds prefixes to those that it has, and lets go of all of them", () => {
    const { client, tracking, write } = node()
    const one = client(broadcast("a"))
    tracking.start(one.client, broadcast("b"))
    write("mset a 1 b 1")
    assert.deepStrictEqual(one.hear(), [["a"], ["b"]])
    tracking.stop(one.client)
    write("mset a 2 b 2")
    assert.deepStrictEqual([one.hear(), tracking.prefixes], [[], 0])
  })
})

describe("a client that is told of prefixes and reads by the log", () => {
  it("is told once more of a change in between, behind its older reply", () => {
    const { client, readAt, readIn, transact, write } = node()
    const one = client(broadcast("a"))
    write("mset a 1 b 1")
    one.hear()
    const lines = ["get a", "get b"]
    for (const isTransaction of [true, false]) {
      const index = isTransaction ? transact(lines, one) : write("ttl a", one)
      write("mset a 2 b 2")
      assert.deepStrictEqual(one.hear(), [["a"]])
      if (isTransaction) readIn(one, index, lines)
      else readAt(one, index, "a", "b")
      assert.deepStrictEqual(one.reply(index), [["a"]])
    }
  })

  it("is not remembered, and told once of what its transaction writes", () => {
    const { client, readIn, tracking, transact } = node()
    const one = client(broadcast("a"))
    const lines = ["get a", "set a 1"]
    const index = transact(lines, one)
    readIn(one, index, lines)
    assert.deepStrictEqual([one.reply(index), tracking.keys], [[["a"]], 0])
  })
})

describe("a client that has another one told", () => {
  it("is told nothing itself", () => {
    const { client, read, write } = node()
    const target = client()
    const one = client({ ...ALL, redirect: target.client })
    read(one, "a")
    const index = write("set a 1", one)
    assert.deepStrictEqual([one.hear(), one.reply(index)], [[], []])
    assert.deepStrictEqual(target.hear(), [["a"]])
  })

  it("is told that the other is gone, each time that it should have been told", () => {
    const { client, read, write } = node()
    const target = client()
    const one = client({ ...ALL, redirect: target.client })
    target.go()
    assert.isFalse(one.client.tracker?.isBroken)
    for (const value of [1, 2]) {
      read(one, "a")
      write(`set a ${value}`)
      assert.deepStrictEqual(one.hear(), ["broken"])
    }
    assert.isTrue(one.client.tracker?.isBroken)
  })
})

describe("the server", () => {
  it("counts who is told, keys, readers and prefixes", () => {
    const { client, read, tracking } = node()
    const [one, other, off] = [client(ALL), client(ALL), client(ALL)]
    client(broadcast("a", "b"))
    read(one, "a", "b")
    read(other, "a")
    tracking.stop(off.client)
    const { clients, items, keys, prefixes } = tracking
    assert.deepStrictEqual([clients, keys, items, prefixes], [3, 2, 3, 2])
  })

  it("remembers nothing and observes nothing when the last of them is gone", () => {
    const { client, read, store, tracking } = node()
    const [one, other] = [client(ALL), client(broadcast("a"))]
    read(one, "a")
    tracking.leave(one.client)
    assert.deepStrictEqual([tracking.keys, store.observers.size], [1, 1])
    tracking.leave(other.client)
    const { clients, items, keys, prefixes } = tracking
    assert.deepStrictEqual([clients, keys, items, prefixes], [0, 0, 0, 0])
    assert.strictEqual(store.observers.size, 0)
  })
})
