/**
 * Of nodes at rest: nothing is kept of requests that have been answered.
 */
import type { State } from "../raft/State.js"
import type { Host } from "./Host.js"
import type { Oracles } from "./Oracles.js"
import type { World } from "./World.js"

export interface Parts {
  readonly world: World
  readonly hosts: ReadonlyArray<Host>
  readonly oracles: Oracles
}

/** `members` are those of a healthy majority to whom nothing has happened for a while. */
export const check = ({ hosts, oracles, world }: Parts, members: ReadonlyArray<number>): void => {
  const peers = members.map((node) => hosts[node]!.id)
  for (const node of members) {
    const { id, node: service } = hosts[node]!
    const state = oracles.stateOf(node)
    if (state === undefined) continue
    const left = [...requestsLeft(state), ...logLeft(state), ...appendsLeft(state, peers)]
    const questions = service?.status().questions ?? 0
    if (questions > 0) left.push(`${questions} questions of what may be read`)
    if (left.length === 0) continue
    world.violate("bounded", `${id} has nothing to do and keeps ${left.join(", ")}`)
  }
}

/** Whether the machine of a node that leads wants to be told something within so long. */
export const isDue = ({ clock, replica }: Host, withinMillis: number): boolean => {
  const chores = replica?.machine.chores ?? []
  const soonMillis = clock.service.unsafeCurrentTimeMillis() + withinMillis
  return chores.some(({ dueMillis }) => dueMillis() < soonMillis)
}

const requestsLeft = (state: State): ReadonlyArray<string> => {
  const { change, confirmedReads, deferred, forwardedReads, proposals, reads, writes } = state
  const kept = { confirmedReads, deferred, forwardedReads, proposals, reads, writes }
  const left = Object.entries(kept).filter(([, each]) => each.length > 0)
    .map(([name, each]) => `${each.length} ${name}`)
  return change === undefined ? left : [...left, "a change of members"]
}

const logLeft = (state: State): ReadonlyArray<string> => {
  const left: Array<string> = []
  if (state.role === "Leader" && state.uncommittedBytes !== 0) {
    left.push(`${state.uncommittedBytes} uncommitted bytes`)
  }
  const { incoming, latest, taking } = state.snapshots
  const { snapshotEntries } = state.config.limits
  if (state.applied - latest.id.index >= snapshotEntries) {
    left.push(`${state.applied - latest.id.index} entries without a snapshot`)
  }
  if (incoming !== undefined || taking !== undefined) left.push("a snapshot on its way")
  return left
}

const appendsLeft = (
  { progress }: State,
  peers: ReadonlyArray<string>
): ReadonlyArray<string> =>
  peers.flatMap((peer) => {
    const inflight = progress[peer]?.inflight.length ?? 0
    return inflight > 0 ? [`${inflight} appends on their way`] : []
  })
