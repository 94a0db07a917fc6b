/**
 * Whom a leader sends its log to: every member, and for a while whoever was left out. A node that
 * does not know that it was removed would go on asking to be elected (thesis 4.2.3), so it is sent
 * the log until it holds the configuration without it, and is then told that it may end.
 */
import * as Configurations from "./Configuration.js"
import type { NodeId } from "./Event.js"
import * as Follower from "./Follower.js"
import type { Dismissed } from "./Message.js"
import type { Progress } from "./Progress.js"
import * as Progresses from "./Progress.js"
import type { Parting } from "./State.js"
import type { Draft, Step } from "./Step.js"
import * as Steps from "./Step.js"

/** For so many election timeouts. */
export const PARTING_ELECTION_TIMEOUTS = 10

/**
 * A new leader knows nothing about anybody. Whoever was left out since the log begins may not have
 * heard of it.
 */
export const begin = (next: Draft): void => {
  next.progress = {}
  next.parting = {}
  for (const earlier of next.earlierConfigurations) follow(next, Configurations.members(earlier))
  changed(next)
}

/** Another configuration counts: what is known about those who stay is kept. */
export const changed = (next: Draft): void => {
  const { configuration } = next
  const members = Configurations.members(configuration)
  const out = Object.keys(next.progress).filter((peer) => !members.includes(peer))
  const until = next.now + PARTING_ELECTION_TIMEOUTS * next.config.electionTimeoutTicks
  const parting: Parting = { index: configuration.index, until }
  // Whoever comes back may have lost everything meanwhile.
  for (const peer of members) if (Object.hasOwn(next.parting, peer)) forget(next, peer)
  follow(next, members)
  next.parting = { ...Object.fromEntries(out.map((peer) => [peer, parting])), ...next.parting }
}

const follow = (next: Draft, peers: ReadonlyArray<NodeId>): void => {
  const first = next.log.last + 1
  const added = peers.filter((peer) =>
    peer !== next.config.id && !Object.hasOwn(next.progress, peer)
  )
  if (added.length === 0) return
  const progress = added.map((peer): [NodeId, Progress] => [peer, Progresses.unknown(first)])
  next.progress = { ...next.progress, ...Object.fromEntries(progress) }
}

const forget = (next: Draft, peer: NodeId): void => {
  next.progress = without(next.progress, peer)
  next.parting = without(next.parting, peer)
}

const without = <A>(record: Readonly<Record<NodeId, A>>, id: NodeId): Record<NodeId, A> =>
  Object.fromEntries(Object.entries(record).filter(([each]) => each !== id))

/** Whether `peer` needs nothing any more: it is told so, or has been long enough. */
export const dismiss = (step: Step, peer: NodeId): boolean => {
  const { next } = step
  if (!Object.hasOwn(next.parting, peer)) return false
  const { index, until } = next.parting[peer]!
  if (next.now >= until) {
    forget(next, peer)
    return true
  }
  if (index > next.commit || (next.progress[peer]?.match ?? 0) < index) return false
  Steps.send(step, peer, { _tag: "Dismissed", term: next.term, index })
  return true
}

/** A leader says that this node is no member. It may since have become one again. */
export const dismissed = (step: Step, from: NodeId, { index }: Dismissed): void => {
  Follower.hear(step, from)
  const { next: { config, configuration } } = step
  if (configuration.index < index || Configurations.isMember(configuration, config.id)) return
  Steps.observe(step, { _tag: "Removed", index })
}
