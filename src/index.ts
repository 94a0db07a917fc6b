/**
 * `raftcache` in an application: the cache as an Effect layer, and the Redis server as another on
 * top. The consensus core by itself is `raftcache/raft`.
 */
export * as RedisServer from "./live/RedisServer.js"
export * as RaftCache from "./RaftCache.js"
