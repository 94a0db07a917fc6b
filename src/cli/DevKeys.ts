/**
 * The keys of `raftcache dev`: choose a node by its number, then kill, restart, cut off or heal it.
 * Without a number a key means the leader, or whatever node it was done to last.
 */
import { Effect, Mailbox } from "effect"
import * as ReadLine from "node:readline"
import type { DevCluster } from "./DevCluster.js"

export const help = "  keys   k kill  r restart  p partition  h heal  s status  q quit  " +
  "(1-9 first: choose the node; else the leader)"

const print = (line: string) => Effect.sync(() => void process.stdout.write(`  ${line}\n`))

/** Raw keys while the scope is open. Ctrl-C is a key, too, then. */
const keys = Effect.gen(function*() {
  const pressed = yield* Mailbox.make<string>()
  const listener = (text: string | undefined, key: ReadLine.Key): void =>
    void pressed.unsafeOffer(key.ctrl === true && key.name === "c" ? "q" : text ?? "")
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      ReadLine.emitKeypressEvents(process.stdin)
      process.stdin.setRawMode(true)
      process.stdin.on("keypress", listener)
      process.stdin.resume()
    }),
    () =>
      Effect.sync(() => {
        process.stdin.off("keypress", listener)
        process.stdin.setRawMode(false)
        process.stdin.pause()
      })
  )
  return pressed
})

/** Returns when the user quits. */
export const run = (cluster: DevCluster) =>
  Effect.gen(function*() {
    const pressed = yield* keys
    let chosen: string | undefined
    let last: string | undefined
    while (true) {
      const key = yield* pressed.take
      if (key === "q") return
      if (key >= "1" && key <= String(cluster.members.length)) {
        chosen = `n${key}`
        yield* print(`${chosen}: k, r, p or h?`)
        continue
      }
      if (key === "s") yield* printStatus(cluster)
      if (!"krph".includes(key) || key === "") continue
      const fallback = key === "r" || key === "h" ? last : yield* leaderOf(cluster)
      const target = chosen ?? fallback
      chosen = undefined
      last = target
      yield* act(cluster, key, target)
    }
  })

const leaderOf = (cluster: DevCluster) =>
  Effect.map(
    Effect.forEach(cluster.members, cluster.status),
    (all) => all.find((status) => status?.role === "Leader")?.id
  )

const act = (cluster: DevCluster, key: string, id: string | undefined) => {
  const member = cluster.members.find((each) => each.id === id)
  if (member === undefined) return print("which node? press its number first")
  switch (key) {
    case "k":
      return Effect.zipRight(print(`kill ${member.id}`), cluster.kill(member))
    case "r":
      return Effect.zipRight(
        print(`restart ${member.id}`),
        Effect.catchAll(cluster.start(member), ({ message }) => print(message))
      )
    case "p":
      member.isCutOff = true
      return print(`cut off ${member.id} from its peers; its clients still reach it`)
    default:
      for (const each of cluster.members) each.isCutOff = false
      return print("healed")
  }
}

const printStatus = (cluster: DevCluster) =>
  Effect.forEach(
    cluster.members,
    (member) =>
      Effect.flatMap(cluster.status(member), (status) =>
        print(
          status === undefined
            ? `${member.id}  down`
            : `${member.id}  ${status.role}  term ${status.term}  commit ${status.commitIndex}` +
              `${member.isCutOff ? "  cut off" : ""}`
        )),
    { discard: true }
  )
