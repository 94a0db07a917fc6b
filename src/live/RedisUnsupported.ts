/**
 * The commands of Redis 7.0 that are not here, by what is missing: whoever asks for one is told,
 * so that nobody takes it for a slip of the pen. `docs/redis.md` has the same list.
 */
import * as Latin1 from "../kv/Latin1.js"

export interface Family {
  /** As a sentence of an error goes on: "ERR LPUSH is not supported: ...". */
  readonly why: string
  /** In lower case. */
  readonly names: ReadonlyArray<string>
}

const family = (why: string, ...names: ReadonlyArray<string>): Family => ({
  why,
  names: names.flatMap((line) => line.split(" "))
})

export const families: ReadonlyArray<Family> = [
  family(
    "there are no lists here",
    "blmove blmpop blpop brpop brpoplpush lindex linsert llen lmove lmpop lpop lpos lpush lpushx",
    "lrange lrem lset ltrim rpop rpoplpush rpush rpushx"
  ),
  family(
    "there are no sets here",
    "sadd scard sdiff sdiffstore sinter sintercard sinterstore sismember smembers smismember smove",
    "spop srandmember srem sscan sunion sunionstore"
  ),
  family(
    "there are no sorted sets here",
    "bzmpop bzpopmax bzpopmin zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard",
    "zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember zrange zrangebylex",
    "zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore",
    "zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion zunionstore"
  ),
  family(
    "there are no streams here",
    "xack xadd xautoclaim xclaim xdel xgroup xinfo xlen xpending xrange xread xreadgroup xrevrange",
    "xsetid xtrim"
  ),
  family(
    "there are no places on a map here",
    "geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro",
    "geosearch geosearchstore"
  ),
  family("there is no HyperLogLog here", "pfadd pfcount pfdebug pfmerge pfselftest"),
  family(
    "there is no Lua here; use DELEX or SET IFEQ",
    "eval eval_ro evalsha evalsha_ro fcall fcall_ro"
  ),
  family(
    "of the commands on bits there are GETBIT, SETBIT and BITCOUNT",
    "bitfield bitfield_ro bitop bitpos"
  ),
  family("there is only database 0", "move swapdb"),
  family("values have no serialized form here; use GET or HGETALL", "dump migrate restore"),
  family("there is nothing here that has an order", "sort sort_ro"),
  family(
    "what is durable is the Raft log; use RAFT SNAPSHOT",
    "bgrewriteaof bgsave save"
  ),
  family(
    "who replicates what is decided by Raft; use RAFT TRANSFER or RAFT ADD",
    "failover psync replconf replicaof restore-asking slaveof sync"
  ),
  family("there are no modules here", "module"),
  family("stop the node by a signal", "shutdown"),
  family("use SLOWLOG or INFO", "monitor"),
  family("there is nothing to see here", "lolwut")
]

const byName: ReadonlyMap<string, Family> = new Map(
  families.flatMap((each) => each.names.map((name) => [name, each] as const))
)

export const has = (name: string): boolean => byName.has(name)

/** The error to answer, if it is one of them. */
export const refusalOf = (word: Uint8Array): string | undefined => {
  const name = Latin1.decode(word, 0, word.length).toLowerCase()
  const found = byName.get(name)
  if (found === undefined) return undefined
  return `ERR ${name.toUpperCase()} is not supported: ${found.why} (docs/redis.md)`
}
