/**
 * The trace page's script, second part: every event and every instant in words. Like the first part
 * it knows nothing of the page.
 */
export const script = String.raw`
const ROLE_WORDS = {
  Leader: "leader", Candidate: "candidate", PreCandidate: "pre-candidate", Follower: "follower"
}
const ROLE_LETTERS = { Leader: "L", Candidate: "C", PreCandidate: "P", Follower: "F" }
const OUTCOME_SIGNS = {
  done: "✓", refused: "✗", unknown: "?", abandoned: "…", lost: "?", open: "→"
}
const STATUS_WORDS = {
  Running: "runs", Down: "is down", Stopping: "is stopping", Paused: "is paused",
  Failed: "has failed"
}

const secondsText = (micros) => (micros / 1e6).toFixed(6) + " s"

/** A length of time in the unit that suits it. */
const durationText = (micros) => {
  if (micros < 1e3) return micros + " µs"
  return micros < 1e6 ? (micros / 1e3).toFixed(1) + " ms" : (micros / 1e6).toFixed(2) + " s"
}

const countText = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",")

const changeText = (name, before, after) =>
  before === after ? [] : [before === undefined ? name + " " + after
    : name + " " + before + " → " + after]

const leaderText = (leader) => leader ?? "nobody"

const stateText = (life, event, index) => {
  const own = life.statesOf.get(event.node)
  const previous = life.events[lastUpTo(own, index - 1)]?.state
  const { state } = event
  const isCut = previous !== undefined && state.last < previous.last
  const changes = [
    ...changeText("role", ROLE_WORDS[previous?.role], ROLE_WORDS[state.role]),
    ...changeText("term", previous?.term, state.term),
    ...changeText(
      "leader",
      previous && leaderText(previous.leader),
      leaderText(state.leader)
    ),
    ...changeText("last entry", previous?.last, state.last),
    ...changeText("committed", previous?.commit, state.commit),
    ...changeText("applied", previous?.applied, state.applied),
    ...changeText("snapshot up to", previous?.snapshot ?? 0, state.snapshot),
    ...changeText("log begins after", previous?.base ?? 0, state.base)
  ]
  const what = changes.length === 0 ? "entries were replaced" : changes.join(", ")
  return event.node + ": " + what + (isCut ? " (the log became shorter)" : "")
}

const answeredText = (event) => {
  const who = "client " + event.client
  const what = "operation " + event.operation + (event.text === "" ? "" : ": " + event.text)
  if (event.outcome === "done") return event.node + " answers " + who + ", " + what
  if (event.outcome === "refused") return event.node + " refuses " + who + ", " + what
  if (event.outcome === "abandoned") return who + " no longer waits for " + event.node + ", " + what
  return who + " will never know what became of " + what
}

const wordsByTag = {
  Sent: (event) => event.from + " sends " + event.to + " " + event.text,
  Delivered: (event) =>
    event.to + " receives " + event.text + " from " + event.from + ", on its way for " +
    durationText(event.atMicros - event.sentMicros),
  Lost: (event) => "lost: " + event.text + " from " + event.from + " to " + event.to,
  Ran: (event) => event.node + " runs: " + event.why,
  State: (event, life, index) => stateText(life, event, index),
  Process: (event) =>
    event.node + " " + STATUS_WORDS[event.status] + (event.why === "" ? "" : ": " + event.why),
  Fault: (event) =>
    "fault " + event.phase + ": " + event.text +
    (event.nodes.length === 0 ? "" : " (" + event.nodes.join(", ") + ")"),
  Invoked: (event) =>
    "client " + event.client + " asks " + event.node + ", operation " + event.operation + ": " +
    event.text,
  Answered: answeredText,
  Log: (event) => event.node + " logs: " + event.text,
  Phase: (event) => "phase: " + event.text,
  Violation: (event) => "VIOLATION of " + event.oracle + ": " + event.text
}

const wordsOf = (life, index) => {
  const event = life.events[index]
  return wordsByTag[event._tag](event, life, index)
}

/** What a band says: first in full, then for a band with little room. */
const bandWords = ({ role, status, term }) => {
  if (status === "Down") return ["down", "↓"]
  if (status === "Failed") return ["failed", "✗"]
  const long = role === undefined ? "starts" : ROLE_WORDS[role] + " · term " + term
  const short = role === undefined ? "" : ROLE_LETTERS[role] + term
  if (status === "Running") return [long, short]
  const sign = status === "Paused" ? "‖" : "■"
  return [status.toLowerCase() + " · " + long, sign + short]
}
`
