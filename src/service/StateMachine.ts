/**
 * What the cluster replicates: a pure function of the log. The cache is one (kv/); an embedder may
 * bring another, and both run under the same sessions, so that a retried command never applies
 * twice.
 */
import { Context } from "effect"

export class StateMachine extends Context.Tag("raftcache/StateMachine")<StateMachine, {
  /**
   * Applies a command and returns its answer. Total, synchronous and deterministic: the same
   * commands at the same indexes give the same state and the same answers on every node. `index` is
   * the command's position in the log, greater than that of any command before it. Bytes nobody
   * understands are answered, not thrown at.
   */
  readonly apply: (command: Uint8Array, index: number) => Uint8Array
}>() {}
