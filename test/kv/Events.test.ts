import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Command from "../../src/kv/Command.js"
import type { Listener } from "../../src/kv/Events.js"
import * as Latin1 from "../../src/kv/Latin1.js"
import * as Machine from "../../src/kv/Machine.js"
import * as Store from "../../src/kv/Store.js"
import { command } from "./arbitraries.js"

/** As one line each: "event key", or the reach, the channel and the payload of a message. */
const listen = (store: Store.Store): Array<string> => {
  const heard: Array<string> = []
  const text = (bytes: Uint8Array) => Latin1.decode(bytes, 0, bytes.length)
  const listener: Listener = {
    published: ({ channel, index, payload, reach }) =>
      void heard.push(`${reach} ${text(channel)} ${text(payload)} at ${index}`),
    notified: (_, event, key) => void heard.push(`${event} ${key}`)
  }
  store.listeners.add(listener)
  return heard
}

type Step = string | number

const call = (line: string) =>
  Command.words(...line.split(" ").map((word) => word.replace("~", "")))

/** A request as words, times in milliseconds, and several requests that are one transaction. */
const encode = (step: Step): Uint8Array => {
  if (typeof step === "number") return Command.encode({ _tag: "Time", millis: step })
  const calls = step.split("; ").map(call)
  return calls.length === 1
    ? Command.encodeCall(calls[0]!)
    : Command.encode({ _tag: "Transaction", watched: [], calls })
}

/** What the last of the steps tells. */
const told = (...steps: ReadonlyArray<Step>): ReadonlyArray<string> => {
  const store = new Store.Store()
  const heard = listen(store)
  steps.forEach((step, at) => {
    heard.length = 0
    Machine.apply(store, encode(step), at + 1)
  })
  return heard
}

describe("the commands on strings tell", () => {
  it.each<readonly [string, ReadonlyArray<Step>, ReadonlyArray<string>]>([
    ["of a new key", ["set a 1"], ["new a", "set a"]],
    ["of a value that is written over", ["set a 1", "set a 2"], ["set a"]],
    ["of a time to go", ["set a 1", "set a 2 ex 9"], ["set a", "expire a"]],
    ["of no time that is kept", ["set a 1 ex 9", "set a 2 keepttl"], ["set a"]],
    ["nothing of a condition that does not hold", ["set a 1", "set a 2 nx"], []],
    ["of a condition that holds", ["set a 1", "set a 2 ifeq 1"], ["set a"]],
    ["of a value that is asked for in vain", ["set a 1 get"], ["keymiss a", "new a", "set a"]],
    [
      "of a key that comes and goes at once",
      [5, "set a 1 pxat 5"],
      ["new a", "set a", "expire a", "expired a"]
    ],
    ["of SETNX", ["setnx a 1"], ["new a", "set a"]],
    ["nothing of SETNX in vain", ["set a 1", "setnx a 1"], []],
    ["of SETEX", ["setex a 9 1"], ["new a", "set a", "expire a"]],
    ["of PSETEX", ["psetex a 9 1"], ["new a", "set a", "expire a"]],
    ["of CAS", ["cas a 0 1"], ["new a", "set a"]],
    ["nothing of CAS in vain", ["cas a 7 1"], []],
    ["of DELEX", ["set a 1", "delex a ifeq 1"], ["del a"]],
    ["nothing of DELEX in vain", ["set a 1", "delex a ifeq 2"], []],
    ["of GETSET", ["getset a 1"], ["keymiss a", "new a", "set a"]],
    ["of GETDEL", ["set a 1", "getdel a"], ["del a"]],
    ["of GETEX that lets a key go", ["set a 1", "getex a ex 9"], ["expire a"]],
    ["of GETEX that lets a key stay", ["set a 1 ex 9", "getex a persist"], ["persist a"]],
    ["of GETEX to a time that has come", [5, "set a 1", "getex a pxat 5"], ["del a"]],
    ["nothing of GETEX that changes nothing", ["set a 1", "getex a persist"], []],
    ["of MSET, key by key", ["set a 1", "mset a 1 b 2"], ["set a", "new b", "set b"]],
    ["of MSETNX", ["msetnx a 1 b 2"], ["new a", "set a", "new b", "set b"]],
    ["nothing of MSETNX in vain", ["set a 1", "msetnx b 1 a 2"], []],
    ["of APPEND, also of nothing", ["append a ~"], ["new a", "append a"]],
    ["of SETRANGE", ["setrange a 1 x"], ["new a", "setrange a"]],
    ["nothing of SETRANGE with nothing", ["setrange a 1 ~"], []],
    ["of INCR", ["incr a"], ["new a", "incrby a"]],
    ["of DECRBY", ["incr a", "decrby a 2"], ["incrby a"]],
    ["of INCRBYFLOAT", ["incrbyfloat a 1.5"], ["new a", "incrbyfloat a"]],
    ["nothing of INCR that is refused", ["set a x", "incr a"], []],
    ["of SETBIT", ["setbit a 1 1"], ["new a", "setbit a"]],
    ["of SETBIT that makes a value longer", ["setbit a 1 1", "setbit a 9 0"], ["setbit a"]],
    ["nothing of SETBIT that changes nothing", ["setbit a 1 1", "setbit a 1 1"], []]
  ])("%s", (_, steps, events) => {
    assert.deepStrictEqual(told(...steps), events)
  })
})

describe("the commands on hashes tell", () => {
  it.each<readonly [string, ReadonlyArray<Step>, ReadonlyArray<string>]>([
    ["of HSET once, whatever it changes", ["hset h f 1 g 2"], ["new h", "hset h"]],
    ["of HMSET", ["hset h f 1", "hmset h f 1"], ["hset h"]],
    ["of HSETNX", ["hset h f 1", "hsetnx h g 1"], ["hset h"]],
    ["nothing of HSETNX in vain", ["hset h f 1", "hsetnx h f 1"], []],
    ["of HINCRBY", ["hincrby h f 1"], ["new h", "hincrby h"]],
    ["of HINCRBYFLOAT", ["hincrbyfloat h f 1.5"], ["new h", "hincrbyfloat h"]],
    ["of HDEL", ["hset h f 1 g 2", "hdel h f"], ["hdel h"]],
    ["of HDEL that leaves nothing", ["hset h f 1", "hdel h f"], ["hdel h", "del h"]],
    ["nothing of HDEL in vain", ["hset h f 1", "hdel h g"], []]
  ])("%s", (_, steps, events) => {
    assert.deepStrictEqual(told(...steps), events)
  })
})

describe("the commands on keys tell", () => {
  it.each<readonly [string, ReadonlyArray<Step>, ReadonlyArray<string>]>([
    ["of DEL, of those that were there", ["mset a 1 b 2", "del a x b"], ["del a", "del b"]],
    ["of UNLINK", ["set a 1", "unlink a"], ["del a"]],
    ["nothing of FLUSHALL", ["set a 1", "flushall"], []],
    ["of EXPIRE", ["set a 1", "expire a 9"], ["expire a"]],
    ["of EXPIRE to a time that has come", ["set a 1", "expire a 0"], ["del a"]],
    ["nothing of EXPIRE in vain", ["set a 1", "expire a 9 xx"], []],
    ["of PERSIST", ["set a 1 ex 9", "persist a"], ["persist a"]],
    ["nothing of PERSIST in vain", ["set a 1", "persist a"], []],
    ["of RENAME", ["set a 1", "rename a b"], ["new b", "rename_from a", "rename_to b"]],
    [
      "of RENAME that takes the place of a key",
      ["mset a 1 b 2", "rename a b"],
      ["new b", "rename_from a", "rename_to b"]
    ],
    ["nothing of RENAME to itself", ["set a 1", "rename a a"], []],
    ["of RENAMENX", ["set a 1", "renamenx a b"], ["new b", "rename_from a", "rename_to b"]],
    ["of COPY", ["set a 1", "copy a b"], ["new b", "copy_to b"]],
    ["of COPY that replaces", ["mset a 1 b 2", "copy a b replace"], ["new b", "copy_to b"]],
    ["of COPY from nothing", ["copy a b"], ["keymiss a"]]
  ])("%s", (_, steps, events) => {
    assert.deepStrictEqual(told(...steps), events)
  })
})

describe("a read that finds nothing tells of it", () => {
  it.each([
    ..."get strlen type ttl pttl expiretime pexpiretime bitcount exists touch".split(" "),
    ..."hgetall hkeys hvals hlen hrandfield".split(" ")
  ])("%s", (name) => {
    assert.deepStrictEqual(told(`${name} a`), ["keymiss a"])
  })

  it.each([
    ["mget a b a", ["keymiss a", "keymiss b", "keymiss a"]],
    ["lcs a b", ["keymiss a", "keymiss b"]],
    ["getrange a 0 1", ["keymiss a"]],
    ["getbit a 1", ["keymiss a"]],
    ["hget a f", ["keymiss a"]],
    ["hmget a f", ["keymiss a"]],
    ["hscan a 0", ["keymiss a"]],
    ["getrange a x y", []],
    ["object encoding a", []],
    ["keys a", []],
    ["hincrby a f x", []]
  ])("%s", (line, events) => {
    assert.deepStrictEqual(told(line), events)
  })
})

describe("a key that is due", () => {
  it("is told of where the log's time removes it", () => {
    assert.deepStrictEqual(told(1, "set a 1 px 5", 6), ["expired a"])
    assert.deepStrictEqual(told(1, "set a 1 px 5", 5), [])
  })

  it("is told of before whatever takes its place, if it was not yet removed", () => {
    const names = Array.from({ length: Store.REMOVALS_LIMIT + 1 }, (_, at) => `k${at}`)
    const store = new Store.Store()
    const steps = [1, ...names.map((name) => `set ${name} 1 px 5`), 6]
    steps.forEach((step, at) => Machine.apply(store, encode(step), at + 1))
    const [left] = [...store.keys.entries()].map(([key]) => key)
    const heard = listen(store)
    Machine.apply(store, encode(`set ${left} 1`), steps.length + 1)
    assert.deepStrictEqual(heard, [`expired ${left}`, `new ${left}`, `set ${left}`])
  })

  it("is told of before another that is due at once by its name, whoever was set first", () => {
    const names = "abcdefgh".split("")
    const due = (order: ReadonlyArray<string>) =>
      told(1, ...order.map((name) => `set ${name} 1 px 5`), 6)
    const events = names.map((name) => `expired ${name}`)
    assert.deepStrictEqual(due(names), events)
    assert.deepStrictEqual(due(names.toReversed()), events)
    assert.deepStrictEqual(due(["d", "h", "a", "c", "g", "b", "f", "e"]), events)
  })

  it("is told of once", () => {
    assert.deepStrictEqual(told(1, "set a 1 px 5", 6, 7), [])
    assert.deepStrictEqual(told(1, "set a 1 px 5", "del a", 7), [])
  })
})

describe("a message", () => {
  it("is told with the place of the log where it stands, and answered with a number", () => {
    assert.deepStrictEqual(told("set a 1", "publish c hello"), ["channel c hello at 2"])
    assert.deepStrictEqual(told("spublish c hello"), ["shard c hello at 1"])
  })

  it("is told in a transaction between the changes around it", () => {
    assert.deepStrictEqual(told("set a 1; publish c x; incr a; publish c y"), [
      "new a",
      "set a",
      "channel c x at 1",
      "incrby a",
      "channel c y at 1"
    ])
  })

  it("is not told in a transaction that is not carried out", () => {
    const store = new Store.Store()
    const heard = listen(store)
    const watched = [{ key: "a" as Command.Watched["key"], revision: 7 }]
    const calls = [call("publish c x")]
    Machine.apply(store, Command.encode({ _tag: "Transaction", watched, calls }), 1)
    assert.deepStrictEqual(heard, [])
  })
})

describe("what is told", () => {
  const commands = fc.array(command(), { maxLength: 40 })

  it.prop("is a function of the log: two replicas tell the same", [commands], ([all]) => {
    const replicas = [new Store.Store(), new Store.Store()]
    const heard = replicas.map(listen)
    for (const store of replicas) {
      all.forEach((each, at) => Machine.apply(store, Command.encode(each), at + 1))
    }
    assert.deepStrictEqual(heard[0], heard[1])
  })

  it.prop("depends on nothing that a snapshot leaves out", [commands, commands], ([all, more]) => {
    const original = new Store.Store()
    all.forEach((each, at) => Machine.apply(original, Command.encode(each), at + 1))
    const copy = new Store.Store()
    const { add, done } = Store.restore(copy)
    for (const part of Store.snapshot(original, all.length)) add(part)
    done()
    const heard = [original, copy].map(listen)
    for (const store of [original, copy]) {
      more.forEach((each, at) => Machine.apply(store, Command.encode(each), all.length + at + 1))
    }
    assert.deepStrictEqual(heard[0], heard[1])
  })

  it.prop("changes nothing of what is applied", [commands], ([all]) => {
    const [silent, told] = [new Store.Store(), new Store.Store()]
    listen(told)
    for (const store of [silent, told]) {
      all.forEach((each, at) => Machine.apply(store, Command.encode(each), at + 1))
    }
    assert.strictEqual(Store.digest(silent), Store.digest(told))
  })
})
