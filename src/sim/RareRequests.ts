/**
 * The commands that simulated clients use now and then (CacheRequests.ts). Counters hold whole
 * numbers or quarters, and of bits the first byte is left alone: what is to be added to is a
 * number that the model reads as the cache does, or plainly none.
 */
import type { Draw } from "./Application.js"
import {
  anyKey,
  counterKey,
  drawTtl,
  hashKey,
  query,
  someField,
  someKeys,
  textKey,
  valueOf,
  weighted,
  write
} from "./CacheDraws.js"
import type { Make } from "./CacheDraws.js"
import { EPOCH_MILLIS } from "./SimClock.js"

const oneOf = <A>(...choices: ReadonlyArray<A>) => (draw: Draw): A => choices[draw(choices.length)]!

const BIT_KEYS = 2

const bitKey = (draw: Draw): string => `b${1 + draw(BIT_KEYS)}`

/** Not in the first byte. */
const someBit = (draw: Draw): string => String(8 + draw(24))

const NUMBERS = 2

/** A field that holds a number. */
const numberField = (draw: Draw): string => `n${1 + draw(NUMBERS)}`

/** Seldom a key of any kind, for the sake of what is refused. */
const mostly = (key: (draw: Draw) => string) => (draw: Draw): string =>
  draw(8) === 7 ? anyKey(draw) : key(draw)

const someText = mostly(textKey)
const someCounter = mostly(counterKey)
const someHash = mostly(hashKey)

/** Two keys of one kind, perhaps the same. */
const twoKeys = (draw: Draw): readonly [string, string] => {
  const key = oneOf(textKey, counterKey, hashKey, bitKey)(draw)
  return [key(draw), key(draw)]
}

const SECOND_MILLIS = 1_000

/** The lives of seeds are about as long. */
const LIFE_MILLIS = 20_000

/** Milliseconds since 1970: long ago, in the life of the seed, or long after. */
const moment = (draw: Draw): number =>
  weighted([1, 1], [6, EPOCH_MILLIS + draw(LIFE_MILLIS)], [1, 2 * EPOCH_MILLIS])(draw)

const inSeconds = (millis: number): number => Math.ceil(millis / SECOND_MILLIS)

/** A name and its number: of seconds or milliseconds from now, or of either since 1970. */
const timed =
  (...names: readonly [string, string, string, string]) =>
  (draw: Draw): readonly [string, string] => {
    const [seconds, millis, untilSeconds, untilMillis] = names
    const [name, number] = oneOf<readonly [string, number]>(
      [seconds, inSeconds(drawTtl(draw))],
      [millis, drawTtl(draw)],
      [untilSeconds, inSeconds(moment(draw))],
      [untilMillis, moment(draw)]
    )(draw)
    return [name, String(number)]
  }

/** An option about time and its number. */
const untilWhen = timed("ex", "px", "exat", "pxat")

const quarters = (id: number, draw: Draw): string => String((draw(2) === 0 ? id : -id) + 0.25)

const expiry = timed("expire", "pexpire", "expireat", "pexpireat")

const expire: Make = (_, draw) => {
  const [name, number] = expiry(draw)
  const flags = oneOf<ReadonlyArray<string>>([], ["nx"], ["xx"], ["gt"], ["lt"], ["xx", "gt"])(draw)
  return write(name, anyKey(draw), number, ...flags)
}

/** Mostly wrong, since it is guessed what another has written. */
const compare = (id: number, draw: Draw): readonly [string, string] => [
  oneOf("ifeq", "ifne")(draw),
  `v${1 + draw(id)}`
]

/** One is as likely as another. */
const drawWrite = oneOf<Make>(
  (id, draw) => write("setnx", anyKey(draw), valueOf(`v${id}`, draw)),
  (id, draw) => write("setex", textKey(draw), String(1 + draw(3)), valueOf(`v${id}`, draw)),
  (id, draw) => write("psetex", textKey(draw), String(drawTtl(draw)), valueOf(`v${id}`, draw)),
  (id, draw) => write("set", textKey(draw), valueOf(`v${id}`, draw), ...untilWhen(draw)),
  (id, draw) => write("set", someText(draw), valueOf(`v${id}`, draw), ...compare(id, draw)),
  (id, draw) => write("msetnx", anyKey(draw), `v${id}.0`, textKey(draw), `v${id}.1`),
  (id, draw) => write("getset", someText(draw), valueOf(`v${id}`, draw)),
  (_, draw) => write("getdel", someText(draw)),
  (_, draw) => write("getex", someText(draw)),
  (_, draw) => write("getex", someText(draw), ...untilWhen(draw)),
  (_, draw) => write("getex", someText(draw), "persist"),
  (id, draw) => write("append", someText(draw), `+${id}`),
  (id, draw) =>
    write("setrange", someText(draw), String(1 + draw(12)), draw(8) > 0 ? `r${id}` : ""),
  (_, draw) => write("setbit", mostly(bitKey)(draw), someBit(draw), String(draw(2))),
  (_, draw) => write("delex", anyKey(draw)),
  (id, draw) => write("delex", someText(draw), ...compare(id, draw)),
  (_, draw) => write(oneOf("incr", "decr")(draw), someCounter(draw)),
  (id, draw) => write("decrby", someCounter(draw), String(id)),
  (id, draw) => write("incrbyfloat", someCounter(draw), quarters(id, draw)),
  (id, draw) => write("unlink", ...someKeys(draw), `never${id}`),
  (_, draw) => write("rename", ...twoKeys(draw)),
  (_, draw) => write("renamenx", ...twoKeys(draw)),
  (_, draw) => write("copy", ...twoKeys(draw), ...oneOf([], ["replace"])(draw)),
  expire,
  (_, draw) => write("ttl", anyKey(draw)),
  (id, draw) => write("hset", hashKey(draw), "f1", `v${id}.0`, someField(draw), `v${id}.1`),
  (id, draw) => write("hmset", someHash(draw), someField(draw), `v${id}`),
  (id, draw) => write("hsetnx", someHash(draw), someField(draw), `v${id}`),
  (id, draw) => write("hincrby", someHash(draw), numberField(draw), String(id)),
  (id, draw) => write("hincrbyfloat", someHash(draw), numberField(draw), quarters(id, draw)),
  (id, draw) =>
    write("hincrby", hashKey(draw), oneOf(someField, numberField)(draw)(draw), String(0 - id)),
  (id, draw) => write("hdel", hashKey(draw), numberField(draw), someField(draw), `never${id}`),
  (id) => write("publish", "news", `v${id}`),
  (id) => write("spublish", "news", `v${id}`),
  (_, draw) => draw(8) < 7 ? write("persist", anyKey(draw)) : write("flushdb")
)

const somePattern = oneOf("*", "k*", "c?", "*1", "h1", "none")

const someCursor = (draw: Draw): string => String(draw(2) === 0 ? 0 : draw(2 ** 32))

/** From before the beginning to behind the end. */
const somePlace = (draw: Draw): string => String(draw(13) - 6)

const someCount = (draw: Draw): string => String(1 + draw(8))

const drawRead = oneOf<Make>(
  (_, draw) => query("strlen", anyKey(draw)),
  (_, draw) =>
    query(oneOf("getrange", "substr")(draw), someText(draw), somePlace(draw), somePlace(draw)),
  (_, draw) => query("getbit", mostly(bitKey)(draw), someBit(draw)),
  (_, draw) => query("bitcount", mostly(bitKey)(draw)),
  (_, draw) =>
    query(
      "bitcount",
      oneOf(bitKey, counterKey)(draw)(draw),
      somePlace(draw),
      somePlace(draw),
      ...oneOf<ReadonlyArray<string>>([], ["byte"], ["bit"])(draw)
    ),
  (_, draw) =>
    query(
      "lcs",
      oneOf(bitKey, counterKey)(draw)(draw),
      oneOf(bitKey, counterKey, hashKey)(draw)(draw),
      ...oneOf<ReadonlyArray<string>>(
        [],
        ["len"],
        ["idx"],
        ["idx", "withmatchlen"],
        ["idx", "minmatchlen", "2"]
      )(draw)
    ),
  (_, draw) => query("touch", ...someKeys(draw)),
  (_, draw) => query("type", anyKey(draw)),
  (_, draw) => query("keys", somePattern(draw)),
  (_, draw) => query("scan", someCursor(draw)),
  (_, draw) =>
    query("scan", someCursor(draw), "match", somePattern(draw), "count", someCount(draw)),
  (_, draw) => query("scan", "0", "type", oneOf("hash", "string")(draw), "count", "1000"),
  () => query("randomkey"),
  (_, draw) => query("object", oneOf("encoding", "refcount")(draw), anyKey(draw)),
  (_, draw) => query("memory", "usage", anyKey(draw)),
  (_, draw) => query(oneOf("expiretime", "pexpiretime")(draw), anyKey(draw)),
  (_, draw) => query("hmget", someHash(draw), someField(draw), numberField(draw)),
  (_, draw) => query("hgetall", someHash(draw)),
  (_, draw) => query(oneOf("hkeys", "hvals")(draw), someHash(draw)),
  (_, draw) => query("hlen", someHash(draw)),
  (_, draw) => query(oneOf("hexists", "hstrlen")(draw), someHash(draw), someField(draw)),
  (_, draw) => query("hscan", someHash(draw), someCursor(draw), "count", someCount(draw)),
  (_, draw) => query("hscan", someHash(draw), "0", "match", oneOf("f*", "n?")(draw)),
  (_, draw) =>
    query(
      "hrandfield",
      someHash(draw),
      "100",
      ...oneOf<ReadonlyArray<string>>([], ["withvalues"])(draw)
    )
)

export const someWrite: Make = (id, draw) => drawWrite(draw)(id, draw)

export const someRead: Make = (id, draw) => drawRead(draw)(id, draw)
