/**
 * The smallest part of a history that is not linearizable, to be understood by a human. To leave
 * operations out would prove nothing: a read of what nobody wrote is wrong, and so is any read
 * whose write was left out. What is left out here may still have taken effect in its time, or not;
 * so what remains contradicts itself whatever the rest did.
 */
import * as Ddmin from "./Ddmin.js"
import * as Search from "./LinearizabilitySearch.js"
import type { Operation, Specification } from "./LinearizabilitySearch.js"

/** Configurations of each of the many searches; one that meets it leaves the operations in. */
const CONFIGURATIONS_LIMIT = 50_000

/** As many as halve every history that memory holds to single operations. */
const HALVINGS = 50

export interface Contradiction<Request, Answer> {
  /** In the order of their calls. */
  readonly operations: ReadonlyArray<Operation<Request, Answer>>
  /** How many of the same key were left out, of those called before the last of these returned. */
  readonly others: number
}

/** Out of operations of one key that are not linearizable. */
export const smallest = <Request, Answer>(
  operations: ReadonlyArray<Operation<Request, Answer>>,
  specification: Specification<Request, Answer>
): Contradiction<Request, Answer> => {
  const begun = shortest(operations, specification)
  const certain = begun.filter(({ returnedAt }) => returnedAt !== undefined)
  const open = begun.filter(({ returnedAt }) => returnedAt === undefined)
  const kept = Ddmin.ddmin(certain, HALVINGS, (kept) => {
    const keeps = new Set(kept)
    const possible = [...certain.filter((each) => !keeps.has(each)), ...open]
    const problem = { certain: kept, possible }
    return Search.search(problem, specification, CONFIGURATIONS_LIMIT) === "violation"
  })
  return { operations: kept, others: begun.length - kept.length }
}

/** Up to the first return that cannot be explained: what is not linearizable stays so. */
const shortest = <Request, Answer>(
  operations: ReadonlyArray<Operation<Request, Answer>>,
  specification: Specification<Request, Answer>
): ReadonlyArray<Operation<Request, Answer>> => {
  const byCall = [...operations].sort((one, other) => one.calledAt - other.calledAt)
  const returns = byCall
    .flatMap(({ returnedAt }) => returnedAt === undefined ? [] : [returnedAt])
    .sort((one, other) => one - other)
  let [fine, bad] = [-1, returns.length - 1]
  while (fine + 1 < bad) {
    const middle = (fine + bad) >> 1
    const problem = { certain: until(byCall, returns[middle]!), possible: [] }
    const result = Search.search(problem, specification, Search.CONFIGURATIONS_LIMIT)
    if (result === "violation") bad = middle
    else fine = middle
  }
  return until(byCall, returns[bad] ?? Number.POSITIVE_INFINITY)
}

/** What could be known at that instant. */
const until = <Request, Answer>(
  operations: ReadonlyArray<Operation<Request, Answer>>,
  instant: number
): ReadonlyArray<Operation<Request, Answer>> =>
  operations
    .filter(({ calledAt }) => calledAt <= instant)
    .map((each) =>
      each.returnedAt === undefined || each.returnedAt <= instant
        ? each
        : { ...each, returnedAt: undefined, answer: undefined }
    )

export interface Words<Request, Answer> {
  readonly request: (request: Request) => string
  readonly answer: (answer: Answer) => string
  readonly instant: (instant: number) => string
}

/** A line for each operation, under one that says what is wrong with them. */
export const describe = <Request, Answer>(
  { operations, others }: Contradiction<Request, Answer>,
  words: Words<Request, Answer>
): string => {
  const whatever = others === 0
    ? ""
    : `, whatever the ${others} others of the key did in their time`
  const heading = operations.length === 1
    ? `the answer of this operation has no explanation${whatever}:`
    : `no order of these ${operations.length} operations explains their answers${whatever}:`
  const cells = operations.map(({ answer, calledAt, client, id, request, returnedAt }) => [
    `  operation ${id}`,
    `client ${client}`,
    `called ${words.instant(calledAt)}`,
    returnedAt === undefined ? "never returned" : `returned ${words.instant(returnedAt)}`,
    words.request(request),
    answer === undefined ? "" : `-> ${words.answer(answer)}`
  ])
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  const lines = cells.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()
  )
  return [heading, ...lines].join("\n")
}
