/**
 * What simulated clients ask of the cache: every command on data, on few keys, so that operations
 * meet, and with values that name the operation that wrote them, so that an answer tells whose
 * effect it shows.
 *
 * What consensus may get wrong shows best in few plain commands, so most are those; each of the
 * others comes now and then (RareRequests.ts).
 */
import * as Command from "../kv/Command.js"
import type { Draw, Request } from "./Application.js"
import {
  anyKey,
  coldKey,
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
import * as RareRequests from "./RareRequests.js"

const drawCondition = weighted<ReadonlyArray<string>>([6, []], [1, ["nx"]], [1, ["xx"]])

const set: Make = (id, draw) => {
  const condition = drawCondition(draw)
  const get = draw(6) === 5 ? ["get"] : []
  const expiry = draw(4)
  const ttl = expiry === 2 ? ["px", String(drawTtl(draw))] : expiry === 3 ? ["keepttl"] : []
  return write("set", textKey(draw), valueOf(`v${id}`, draw), ...condition, ...get, ...ttl)
}

/** Mostly wrong, since it is guessed what another has written. */
const compare: Make = (id, draw) =>
  write("set", textKey(draw), valueOf(`v${id}`, draw), "ifeq", `v${1 + draw(id)}`)

/** The same key may come twice, so the values differ. */
const setMany: Make = (id, draw) =>
  write(
    "mset",
    ...Array.from({ length: 2 + draw(2) }, (_, nth) => [
      textKey(draw),
      valueOf(`v${id}.${nth}`, draw)
    ]).flat()
  )

/** The last key was never set: it only makes the command another one than all others. */
const remove: Make = (id, draw) => write("del", ...someKeys(draw), `never${id}`)

const increment: Make = (id, draw) => {
  const key = draw(8) === 7 ? anyKey(draw) : counterKey(draw)
  return write("incrby", key, String(draw(4) === 3 ? 0 - id : id))
}

const setField: Make = (id, draw) =>
  write("hset", draw(8) === 7 ? anyKey(draw) : hashKey(draw), someField(draw), `v${id}`)

const removeField: Make = (id, draw) => write("hdel", hashKey(draw), someField(draw), `never${id}`)

/** Hardly any two alike. */
const expire: Make = (id, draw) => write("pexpire", anyKey(draw), String(drawTtl(draw) + id))

const persist: Make = (_, draw) => write("persist", anyKey(draw))

/** It depends on the time, and so it goes through the log. */
const timeLeft: Make = (_, draw) => write("pttl", anyKey(draw))

/** Revisions are guessed: early in a run some guesses are right, later only those of absence. */
const GUESSES = 50

const compareAndSet: Make = (id, draw) => {
  const isNew = draw(2) === 0
  const key = isNew ? coldKey(draw) : anyKey(draw)
  return write("cas", key, String(isNew ? 0 : draw(GUESSES)), valueOf(`v${id}`, draw))
}

/** As a client's `MULTI` and `EXEC`, with keys that it has watched. */
const transact: Make = (id, draw) => {
  const isNew = draw(2) === 0
  const watched = isNew ? coldKey(draw) : anyKey(draw)
  const revision = isNew ? 0 : draw(GUESSES)
  const key = textKey(draw)
  const command: Command.Transaction = {
    _tag: "Transaction",
    watched: draw(3) === 0 ? [] : [{ key: watched as Command.Watched["key"], revision }],
    calls: [
      Command.words("get", key),
      Command.words("set", key, valueOf(`v${id}`, draw)),
      Command.words("incrby", counterKey(draw), String(id)),
      Command.words("publish", CHANNEL, `v${id}`)
    ]
  }
  return { kind: "write", bytes: Command.encode(command) }
}

const CHANNEL = "news"

const drawMake = weighted<Make>(
  [60, set],
  [42, (_, draw) => query("get", anyKey(draw))],
  [18, (_, draw) => query("mget", anyKey(draw), ...someKeys(draw))],
  [10, (_, draw) => query("revision", anyKey(draw))],
  [8, (_, draw) => query("exists", ...someKeys(draw))],
  [6, (_, draw) => query("hget", hashKey(draw), someField(draw))],
  [4, () => query("dbsize")],
  [22, increment],
  [15, compareAndSet],
  [12, remove],
  [10, setMany],
  [10, setField],
  [8, transact],
  [8, expire],
  [4, timeLeft],
  [4, compare],
  [3, removeField],
  [2, persist],
  [1, () => write("flushall")],
  [40, RareRequests.someWrite],
  [26, RareRequests.someRead]
)

export const draw = (id: number, draw: Draw): Request => drawMake(draw)(id, draw)
