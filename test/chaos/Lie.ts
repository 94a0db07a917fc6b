/**
 * One false answer in a history, to prove that it would be noticed: a read late in the run shows
 * what the first write of its key wrote.
 */
import type { Operation } from "../../src/sim/LinearizabilitySearch.js"
import type { Answer, Words } from "./RedisKey.js"

export const lie = (
  operations: ReadonlyArray<Operation<Words, Answer>>
): ReadonlyArray<Operation<Words, Answer>> => {
  const late = operations.slice(operations.length >> 1).find(({ answer, request: [verb, key] }) =>
    verb === "GET" && key.startsWith("k") && typeof answer === "string"
  )
  const first = operations.find(({ answer, request: [verb, key] }) =>
    verb === "SET" && key === late?.request[1] && answer === "OK"
  )
  if (late === undefined || first === undefined) throw new Error("there is nothing to lie about")
  const answer = first.request[2]!
  return operations.map((each) => each === late ? { ...each, answer } : each)
}
