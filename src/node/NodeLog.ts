/** What a node tells its operator of what it does, one line each. */
import { Effect, LogLevel } from "effect"
import * as Configurations from "../raft/Configuration.js"
import type { State } from "../raft/State.js"
import type { Note } from "./Input.js"

/** Changes of leadership are news; how they came about is told at level debug. */
export const tell = (
  state: State,
  note: Exclude<Note, { readonly _tag: "Removed" }>
): Effect.Effect<void> => {
  const { config: { id }, role, term } = state
  const log = (level: LogLevel.LogLevel, text: string) =>
    Effect.annotateLogs(Effect.logWithLevel(level, text), { node: id, role, term })
  switch (note._tag) {
    case "BecameLeader":
      return log(LogLevel.Info, "leads")
    case "LeaderKnown":
      return log(LogLevel.Info, `follows ${note.leader}`)
    case "BecameFollower":
      return log(LogLevel.Info, `steps down: ${note.why}`)
    case "BecamePreCandidate":
      return log(LogLevel.Debug, "hears no leader and asks whether it could be elected")
    case "BecameCandidate":
      return log(LogLevel.Debug, "stands for election")
    case "Truncated":
      return log(LogLevel.Debug, `drops entries ${note.from} to ${note.to}`)
    case "Compacted":
      return log(
        LogLevel.Debug,
        `has a snapshot up to ${note.snapshot}, lets go of entries up to ${note.upTo}`
      )
    case "Streaming":
      return log(LogLevel.Info, `sends ${note.to} the snapshot up to ${note.snapshot}`)
    case "Installed":
      return log(LogLevel.Info, `begins anew with the leader's snapshot up to ${note.snapshot}`)
    case "ConfigurationChanged": {
      const { configuration, isCommitted } = note
      const what = `${Configurations.describe(configuration)}, as of entry ${configuration.index}`
      return isCommitted
        ? log(LogLevel.Info, `has members ${what}`)
        : log(LogLevel.Debug, `will have members ${what}`)
    }
    case "TransferBegun":
      return log(LogLevel.Info, `hands leadership to ${note.to}`)
    case "Transferred":
      return log(LogLevel.Info, `has handed leadership to ${note.to}`)
    case "TransferAbandoned":
      return log(LogLevel.Info, `gives up handing leadership to ${note.to}: ${note.why}`)
    case "NotUnderstood":
      return log(
        LogLevel.Warning,
        `cannot read what ${note.from} sends: run the same version of raftcache on every node`
      )
  }
}

/** Whom a removed node asks may not know it any more, and then nobody tells it to end. */
export const warnIfGone = ({ config: { id }, configuration }: State): Effect.Effect<void> => {
  const members = Configurations.members(configuration)
  if (members.length === 0 || members.includes(id)) return Effect.void
  return Effect.logWarning(
    `${id} is no member of the cluster as far as its log says, which has ${members.join(", ")}. ` +
      "If it was removed, stop it; to have it back, let it join with an empty data folder"
  )
}
