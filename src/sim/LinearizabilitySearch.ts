/**
 * Whether a history is linearizable, when nothing but the clients was watched: Wing and Gong's
 * search (1993) for an order that explains every answer, with Lowe's memoisation (2017). The
 * witness (Witness.ts) needs no search because a simulated cluster shows its log; a real one does
 * not.
 *
 * Each key is searched by itself (Herlihy and Wing's locality, Horn and Kroening's
 * P-compositionality). Of a key, what has taken effect is a prefix of the calls without the few
 * that still wait while a later one is through: never more than there are clients. Lowe lifts
 * entries out of a linked list and remembers a bit for each operation; to remember the last call
 * and those that wait is the same set in a few words, however long the history. So 200,000
 * operations of one key fit, and going back costs nothing.
 *
 * An operation of which nobody heard again may take effect at any time after its call, or never. It
 * is tried last, and only where it makes a difference: had the operation that follows it led to the
 * same state without it, it was wasted, and a search that kept it would find nothing more.
 */
import * as Linearization from "./Linearization.js"
import type { Operation, Problem, Specification } from "./Linearization.js"

export type { Operation, Problem, Specification, State } from "./Linearization.js"

export type Verdict<Request, Answer> =
  | { readonly _tag: "Linearizable" }
  | {
    readonly _tag: "Violation"
    readonly key: string
    /** All of the key. */
    readonly operations: ReadonlyArray<Operation<Request, Answer>>
  }
  /** The search of the key met its limit: it may be linearizable, or not. */
  | { readonly _tag: "Undecided"; readonly key: string }

/** Configurations that the search of one key remembers: some hundred megabytes. */
export const CONFIGURATIONS_LIMIT = 2_000_000

/**
 * A violation, if a key has one; else the first key that is undecided; else all is linearizable.
 * Operations may come in any order. One that returned at the instant at which another was called
 * is taken to overlap it.
 */
export const check = <Request, Answer>(
  operations: ReadonlyArray<Operation<Request, Answer>>,
  specification: Specification<Request, Answer>,
  limit = CONFIGURATIONS_LIMIT
): Verdict<Request, Answer> => {
  let undecided: string | undefined
  for (const [key, ofKey] of byKey(operations, specification)) {
    const result = search({ certain: ofKey, possible: [] }, specification, limit)
    if (result === "violation") return { _tag: "Violation", key, operations: ofKey }
    if (result === "undecided") undecided ??= key
  }
  return undecided === undefined
    ? { _tag: "Linearizable" }
    : { _tag: "Undecided", key: undecided }
}

const byKey = <Request, Answer>(
  operations: ReadonlyArray<Operation<Request, Answer>>,
  { keyOf }: Specification<Request, Answer>
): ReadonlyMap<string, ReadonlyArray<Operation<Request, Answer>>> => {
  const keys = new Map<string, Array<Operation<Request, Answer>>>()
  for (const operation of operations) {
    const key = keyOf(operation.request)
    const ofKey = keys.get(key)
    if (ofKey === undefined) keys.set(key, [operation])
    else ofKey.push(operation)
  }
  return keys
}

/** Whether some order explains all answers, for operations of one key. */
export const search = <Request, Answer>(
  problem: Problem<Request, Answer>,
  specification: Specification<Request, Answer>,
  limit: number
): "linearizable" | "violation" | "undecided" => {
  const tree = new Linearization.Tree(problem, specification)
  const seen = new Set<string>()
  const path: Array<Linearization.Frame> = [tree.root()]
  while (path.length > 0) {
    const frame = path[path.length - 1]!
    if (tree.isComplete(frame)) return "linearizable"
    const next = tree.next(frame)
    if (next === undefined) {
      path.pop()
      continue
    }
    // Only one way leads to the first possible operation after a certain one.
    if (next.without === undefined || frame.without !== undefined) {
      const name = tree.name(next)
      if (seen.has(name)) continue
      if (seen.size >= limit) return "undecided"
      seen.add(name)
    }
    path.push(tree.frame(next))
  }
  return "violation"
}
