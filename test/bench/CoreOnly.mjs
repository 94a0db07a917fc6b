/**
 * The consensus core without anything around it: five states, a queue of messages, disks that are
 * done at once. What it takes to step them is the least that any simulation can cost.
 */
import { Configuration, Raft, State } from "../../dist/raft/index.js"

const IDS = ["n1", "n2", "n3", "n4", "n5"]
const BATCH = 1

const config = (id) => ({
  id,
  bootstrap: Configuration.bootstrap(IDS),
  electionTimeoutTicks: 30,
  heartbeatTicks: 5,
  seed: 1,
  limits: State.defaultLimits
})

export const measure = (atLeast) => {
  const states = new Map(IDS.map((id) => [id, State.boot(config(id), State.nothing)]))
  const queue = []
  let steps = 0
  let ref = 1
  const bytes = new Uint8Array(64)

  const step = (id, event) => {
    steps += 1
    const [state, actions] = Raft.step(states.get(id), event)
    states.set(id, state)
    for (const action of actions) {
      if (action._tag === "Send") {
        const { message, to } = action
        queue.push([to, { _tag: "Receive", from: id, message }])
      } else if (action._tag === "Persist") {
        queue.push([id, { _tag: "Persisted", seq: action.seq }])
      } else if (action._tag === "Apply") {
        const { index } = action.entries[action.entries.length - 1]
        queue.push([id, { _tag: "Applied", index }])
      }
    }
  }

  const settle = () => {
    for (let at = 0; at < queue.length; at++) step(...queue[at])
    queue.length = 0
  }

  const leader = () => IDS.find((id) => states.get(id).role === "Leader")

  while (leader() === undefined) {
    for (const id of IDS) step(id, { _tag: "Tick", count: 1 })
    settle()
  }
  steps = 0
  const from = process.hrtime.bigint()
  while (steps < atLeast) {
    const items = Array.from({ length: BATCH }, () => ({ ref: ref++, bytes }))
    step(leader(), { _tag: "Propose", items })
    settle()
    if (ref % 100 === 0) {
      for (const id of IDS) step(id, { _tag: "Tick", count: 1 })
      settle()
    }
  }
  const seconds = Number(process.hrtime.bigint() - from) / 1e9
  return { steps, rate: steps / seconds }
}
