import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Answer from "../../src/kv/Answer.js"
import * as Command from "../../src/kv/Command.js"
import * as Eviction from "../../src/kv/Eviction.js"
import type * as Key from "../../src/kv/Key.js"
import * as Machine from "../../src/kv/Machine.js"
import * as Memory from "../../src/kv/Memory.js"
import * as Size from "../../src/kv/Size.js"
import * as Store from "../../src/kv/Store.js"
import { command } from "./arbitraries.js"

/** A store and its log. */
class Replica {
  readonly store = new Store.Store()
  index = 0

  constructor(settings: Partial<Memory.Settings> = {}) {
    this.store.memory = { ...Memory.defaults, ...settings }
  }

  apply(bytes: Uint8Array): Answer.Answer {
    return Answer.read(Machine.apply(this.store, bytes, ++this.index))
  }

  /** Requests as lines of words; times in milliseconds. */
  run(...steps: ReadonlyArray<string | number>): ReadonlyArray<Answer.Answer> {
    return steps.map((step) =>
      this.apply(
        typeof step === "number"
          ? Command.encode({ _tag: "Time", millis: step })
          : Command.encodeCall(Command.words(...step.split(" ")))
      )
    )
  }

  read(line: string): void {
    Machine.read(this.store, Command.encodeCall(Command.words(...line.split(" "))))
  }

  /** What a leader has to tell, once. */
  lead(): Command.Command | undefined {
    const bytes = Eviction.tell(this.store)
    if (bytes === undefined) return undefined
    this.apply(bytes)
    return Command.decode(bytes)
  }

  get names(): ReadonlyArray<string> {
    return [...this.store.keys.entries()].map(([key]) => key).sort()
  }
}

const key = (name: string): Key.Key => name as Key.Key

const OK: Answer.Answer = { _tag: "Ok" }
const OUT_OF_MEMORY: Answer.Answer = {
  _tag: "Error",
  message: "OOM command not allowed when used memory > 'maxmemory'."
}

/** What a key of one character takes with a value of one. */
const SMALL_BYTES = Size.ENTRY_BYTES + 1 + Size.VALUE_BYTES + 1

const memory = (limitBytes: number, ...evicted: ReadonlyArray<[string, number]>) =>
  ({
    _tag: "Memory",
    limitBytes,
    evicted: evicted.map(([name, revision]) => ({ key: key(name), revision }))
  }) as const

/** All that the store holds, counted anew. */
const recount = ({ keys }: Store.Store): number =>
  [...keys.entries()].reduce((sum, [name, { due, value }]) => {
    const bytes = value instanceof Uint8Array
      ? Size.VALUE_BYTES + value.length
      : [...value].reduce((sum, field) => sum + Size.ofField(...field), Size.HASH_BYTES)
    return sum + Size.ENTRY_BYTES + name.length + (due === undefined ? 0 : Size.DUE_BYTES) + bytes
  }, 0)

const commands = fc.array(command().map(Command.encode), { maxLength: 60 })

describe("what the store holds", () => {
  it.prop("is counted as it is, whatever was done", [commands], ([all]) => {
    const replica = new Replica()
    for (const each of all) {
      replica.apply(each)
      assert.strictEqual(replica.store.usedBytes, recount(replica.store))
    }
  })

  it.prop("is counted as it is from a snapshot, with its limit", [commands], ([all]) => {
    const [one, other] = [new Replica(), new Replica()]
    for (const each of all) one.apply(each)
    const { add, done } = Store.restore(other.store)
    for (const part of Store.snapshot(one.store, one.index)) add(part)
    done()
    assert.strictEqual(other.store.usedBytes, recount(other.store))
    assert.strictEqual(other.store.limitBytes, one.store.limitBytes)
    assert.strictEqual(Store.digest(other.store), Store.digest(one.store))
  })
})

describe("a limit", () => {
  it("is told by the leader whose own is another, once", () => {
    const leader = new Replica({ limitBytes: 1_000 })
    assert.deepStrictEqual(leader.lead(), memory(1_000))
    assert.isUndefined(leader.lead())
    leader.store.memory = Memory.defaults
    assert.deepStrictEqual(leader.lead(), memory(0))
    assert.isUndefined(leader.lead())
  })

  it("refuses what makes a store hold more that holds more already, and nothing else", () => {
    const replica = new Replica()
    replica.run("set a 1", "hset h f 1")
    replica.apply(Command.encode(memory(replica.store.usedBytes - 1)))
    const refused = ["set b 1", "incr a", "append a 2", "hset h f 2", "copy a b", "cas b 0 1"]
    assert.deepStrictEqual(replica.run(...refused), refused.map(() => OUT_OF_MEMORY))
    const served = ["get a", "expire a 100", "persist a", "rename a b", "hdel h f", "del b"]
    assert.isFalse(replica.run(...served).some(({ _tag }) => _tag === "Error"))
    assert.deepStrictEqual(replica.run("set b 1"), [OK])
  })

  it("is reached by what takes exactly as much, and that is not refused", () => {
    const replica = new Replica()
    replica.run("set a 1")
    replica.apply(Command.encode(memory(SMALL_BYTES)))
    assert.deepStrictEqual(replica.run("set b 1", "set c 1"), [OK, OUT_OF_MEMORY])
  })

  it("says first of a request that is wrong what is wrong with it", () => {
    const replica = new Replica()
    replica.run("set a 1")
    replica.apply(Command.encode(memory(1)))
    assert.deepStrictEqual(replica.run("set a"), [{
      _tag: "Error",
      message: "ERR wrong number of arguments for 'set' command"
    }])
  })

  it("refuses a transaction as a whole, if any of it is to be refused", () => {
    const replica = new Replica()
    replica.run("set a 1")
    replica.apply(Command.encode(memory(1)))
    const transact = (...calls: ReadonlyArray<string>) =>
      replica.apply(Command.encode({
        _tag: "Transaction",
        watched: [],
        calls: calls.map((each) => Command.words(...each.split(" ")))
      }))
    assert.deepStrictEqual(transact("del a", "set b 1"), {
      _tag: "Error",
      message: "EXECABORT Transaction discarded because of: OOM command not allowed when used " +
        "memory > 'maxmemory'."
    })
    assert.deepStrictEqual(replica.names, ["a"])
    assert.strictEqual(transact("get a", "del a")._tag, "List")
  })

  it("is not that of the node itself, until the node has told it as the leader", () => {
    const follower = new Replica({ limitBytes: 1 })
    assert.deepStrictEqual(follower.run("set a 1", "set b 1"), [OK, OK])
  })
})

describe("keys that go", () => {
  it("are enough to come below the limit, and no more", () => {
    const leader = new Replica({ limitBytes: 2 * SMALL_BYTES, policy: "allkeys-lru", samples: 9 })
    leader.run("set a 1", "set b 1")
    assert.isUndefined(leader.lead())
    leader.run(5_000, "set c 1", "set d 1")
    leader.lead()
    assert.deepStrictEqual(leader.names, ["c", "d"])
    assert.strictEqual(leader.store.evictedKeys, 2)
  })

  it.each<[Memory.Policy, ReadonlyArray<string>]>([
    ["allkeys-lru", ["b", "c"]],
    ["volatile-lru", ["c"]],
    ["allkeys-lfu", ["c"]],
    ["volatile-lfu", ["c"]],
    ["volatile-ttl", ["a"]],
    ["noeviction", []]
  ])("are by %s the right ones", (policy, first) => {
    const leader = new Replica({ policy, samples: 9 })
    // The value of "b" is never due, "a" is due first, and "c" is used least of what is due.
    leader.run(1_000, "set a 1 px 100000", "set b 1", "set c 1 px 200000")
    leader.run(70_000)
    leader.read("get a")
    leader.read("get b")
    if (policy.endsWith("lru")) leader.run(71_000, "get a")
    leader.store.memory = { ...leader.store.memory, limitBytes: leader.store.usedBytes - 1 }
    const told = leader.lead()
    const evicted = told?._tag === "Memory" ? told.evicted.map(({ key }) => key as string) : []
    assert.isTrue(first.length === 0 ? told?._tag === "Memory" : first.includes(evicted[0]!))
    assert.strictEqual(evicted.length, Math.min(1, first.length))
  })

  it.each<Memory.Policy>(["allkeys-random", "volatile-random"])("are by %s any", (policy) => {
    const leader = new Replica({ limitBytes: 1, policy })
    leader.run("set a 1 px 9", "set b 1 px 9", "set c 1 px 9")
    leader.lead()
    assert.deepStrictEqual(leader.names, [])
  })

  it("are none that are not due to go if the policy spares them: then writes are refused", () => {
    const leader = new Replica({ limitBytes: 1, policy: "volatile-lru" })
    leader.run("set a 1", "set b 1 px 1000")
    assert.deepStrictEqual(leader.lead(), memory(0, ["b", 2]))
    assert.deepStrictEqual(leader.lead(), memory(1))
    assert.deepStrictEqual(leader.run("set c 1", "del a"), [OUT_OF_MEMORY, {
      _tag: "Integer",
      value: 1
    }])
    assert.deepStrictEqual(leader.lead(), memory(0))
  })

  it("are not those that were written since they were chosen", () => {
    const replica = new Replica()
    replica.run("set a 1", "set b 1", "set a 2")
    const told = replica.apply(Command.encode(memory(0, ["a", 1], ["b", 2], ["c", 0])))
    assert.deepStrictEqual(told, { _tag: "Integer", value: 1 })
    assert.deepStrictEqual(replica.names, ["a"])
  })

  it("are told of on every replica, under the name that Redis has for it", () => {
    const replica = new Replica()
    const heard: Array<readonly [string, string]> = []
    replica.run("set a 1", "set b 1", "set b 2")
    replica.store.listeners.add({
      published: () => {},
      notified: (_, event, name) => void heard.push([event, name])
    })
    replica.apply(Command.encode(memory(0, ["a", 1], ["b", 2])))
    assert.deepStrictEqual(heard, [["evicted", "a"]])
    assert.strictEqual(replica.store.evictedKeys, 1)
  })

  it("are at most so many, and their names so many bytes, in one command", () => {
    const evictedOf = (leader: Replica): number => {
      const told = leader.lead()
      return told?._tag === "Memory" ? told.evicted.length : 0
    }
    const many = new Replica({ limitBytes: 1, policy: "volatile-ttl" })
    for (let at = 0; at <= Eviction.EVICTIONS_LIMIT; at++) many.run(`set k${at} v px 9`)
    assert.strictEqual(evictedOf(many), Eviction.EVICTIONS_LIMIT)
    assert.strictEqual(evictedOf(many), 1)
    const long = new Replica({ limitBytes: 1, policy: "volatile-ttl" })
    const lengthBytes = Eviction.NAMES_LIMIT_BYTES / 4
    for (let at = 0; at < 6; at++) long.run(`set ${"k".repeat(lengthBytes - 1)}${at} v px 9`)
    assert.deepStrictEqual([evictedOf(long), evictedOf(long), evictedOf(long)], [4, 2, 0])
  })

  it("are those that were not read where the leader has carried out the reads", () => {
    const run = (policy: Memory.Policy) => {
      const leader = new Replica({ policy, limitBytes: 100 * SMALL_BYTES, samples: 10 })
      let now = 1_000_000
      for (let at = 0; at < 3_000; at++) {
        leader.run(now += 1_000, `set k${at} v`)
        for (let hot = 0; hot < 10; hot++) leader.read(`get k${hot}`)
        leader.lead()
      }
      return leader.names.filter((name) => /^k[0-9]$/.test(name)).length
    }
    assert.strictEqual(run("allkeys-lru"), 10)
    assert.strictEqual(run("allkeys-lfu"), 10)
    assert.isBelow(run("allkeys-random"), 5)
  })
})

describe("replicas", () => {
  const settings = fc.record({
    limitBytes: fc.nat(2_000),
    policy: fc.constantFrom(...Memory.policies),
    samples: fc.integer({ min: 1, max: 10 })
  })

  it.prop(
    "are equal, whoever leads and whatever each has been told and asked to read",
    [settings, settings, commands, fc.array(fc.nat(9), { minLength: 60, maxLength: 60 })],
    ([ours, theirs, all, chance]) => {
      const replicas = [new Replica(ours), new Replica(theirs)] as const
      all.forEach((bytes, at) => {
        const leads = chance[at]! % 2
        const told = chance[at]! < 6 ? Eviction.tell(replicas[leads]!.store) : undefined
        replicas[leads]!.read(chance[at]! < 3 ? "get a" : "hget b f")
        const answers = replicas.map((replica) => [
          ...told === undefined ? [] : [replica.apply(told)],
          replica.apply(bytes)
        ])
        assert.deepStrictEqual(answers[0], answers[1])
        assert.strictEqual(Store.digest(replicas[0].store), Store.digest(replicas[1].store))
      })
    }
  )

  it("lose the last of a few keys, too, though chance hardly finds it", () => {
    const leader = new Replica({ limitBytes: 1, policy: "allkeys-random" })
    for (let round = 1; round <= 200; round++) {
      for (const key of ["a", "b", "c"]) {
        leader.apply(Command.encodeCall(Command.words("set", key, "1")))
      }
      leader.lead()
      assert.strictEqual(leader.store.keys.size, 0, `in round ${round}`)
    }
  })

  it.prop(
    "hold no more than the leader is told and one command more, if anything may go",
    [
      fc.constantFrom(...Memory.policies.filter((policy) => policy.startsWith("allkeys"))),
      commands
    ],
    ([policy, all]) => {
      const leader = new Replica({ limitBytes: 800, policy })
      for (const bytes of all) {
        leader.lead()
        assert.isAtMost(leader.store.usedBytes, 800)
        const before = leader.store.limitBytes
        leader.apply(bytes)
        // What the log itself says of limits is not this leader's.
        if (Command.decode(bytes)?._tag !== "Memory") assert.strictEqual(before, 0)
      }
    }
  )
})

describe("an amount of memory", () => {
  it.each<[string, number | undefined]>([
    ["0", 0],
    ["", 0],
    ["100", 100],
    ["1b", 1],
    ["1k", 1_000],
    ["1KB", 1_024],
    ["100mb", 104_857_600],
    ["100m", 100_000_000],
    ["2GB", 2 ** 31],
    ["1g", 1_000_000_000],
    ["-1", undefined],
    ["1.5mb", undefined],
    ["10 mb", undefined],
    ["10tb", undefined],
    ["mb10", undefined],
    ["9007199254740993", undefined]
  ])("of %j is %s bytes", (text, bytes) => {
    assert.strictEqual(Memory.parseBytes(text), bytes)
  })
})
