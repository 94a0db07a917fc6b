/**
 * `raftcache/sim`: whole clusters, simulated, for tests. The node program is the one of
 * production; what it replicates is the cache, or any state machine with invariants of its own.
 */
export * as Application from "./Application.js"
export * as CacheApplication from "./CacheApplication.js"
export * as Check from "./Check.js"
export * as Contradiction from "./Contradiction.js"
export * as DecisionLog from "./DecisionLog.js"
export * as LinearizabilitySearch from "./LinearizabilitySearch.js"
export * as Replay from "./Replay.js"
export * as Report from "./Report.js"
export * as Scenario from "./Scenario.js"
export * as Shrink from "./Shrink.js"
export * as Simulation from "./Simulation.js"
export * as Story from "./Story.js"
export * as Swarm from "./Swarm.js"
export * as Trace from "./Trace.js"
export * as TracePage from "./TracePage.js"
