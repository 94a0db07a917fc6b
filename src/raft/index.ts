/**
 * `raftcache/raft`: the consensus core by itself. It imports nothing outside its folder and runs
 * wherever JavaScript does.
 */
export * as Action from "./Action.js"
export * as Configuration from "./Configuration.js"
export * as Entry from "./Entry.js"
export * as EntryId from "./EntryId.js"
export * as Event from "./Event.js"
export * as Log from "./Log.js"
export * as Message from "./Message.js"
export * as Raft from "./Raft.js"
export * as Snapshot from "./Snapshot.js"
export * as State from "./State.js"
