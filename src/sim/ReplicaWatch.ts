/**
 * Between a node and its replica: whatever is applied, walked for a snapshot or restored is looked
 * at by the oracles.
 */
import type { StateMachine } from "../service/StateMachine.js"
import type { Machine } from "./Application.js"
import type { Oracles } from "./Oracles.js"

/** A replica and how far it has come. */
export interface Replica {
  readonly machine: Machine
  /** The index of the last command applied. */
  appliedIndex: number
}

export const make = (
  node: number,
  replica: Replica,
  oracles: Oracles
): StateMachine["Type"] => {
  const { machine } = replica
  return {
    apply: (command, index) => {
      replica.appliedIndex = index
      const answer = machine.apply(command, index)
      oracles.applied(node, { index, command, answer, told: machine.told?.() })
      return answer
    },
    snapshot: (index) => {
      oracles.snapshots.taken(node, index, machine.digest())
      return machine.snapshot(index)
    },
    restore: (index) => {
      const restoring = machine.restore(index)
      return {
        ...restoring,
        done: () => {
          restoring.done()
          replica.appliedIndex = oracles.restored(node, index, machine.digest())
        }
      }
    },
    ...(machine.adopt === undefined ? {} : { adopt: machine.adopt }),
    ...(machine.chores === undefined ? {} : { chores: machine.chores })
  }
}
