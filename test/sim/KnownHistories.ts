/**
 * Histories whose verdicts are known: those that Porcupine, a linearizability checker in Go, is
 * tested with. They are not part of this project; they are looked for in `../shared/fixtures`, seen
 * from its root, or in the folder that RAFTCACHE_FIXTURES names.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Operation, Specification } from "../../src/sim/LinearizabilitySearch.js"

const root = fileURLToPath(new URL("../../", import.meta.url))

export const folder = join(
  process.env["RAFTCACHE_FIXTURES"] ?? join(root, "../shared/fixtures"),
  "histories"
)

/** Empty where there are none. */
export const names = (): ReadonlyArray<string> =>
  existsSync(folder) ? readdirSync(folder).sort() : []

type Value = string | null

export type Request =
  | { readonly verb: "read" | "get"; readonly key: string }
  | { readonly verb: "write" | "put" | "append"; readonly key: string; readonly value: string }
  | { readonly verb: "cas"; readonly key: string; readonly from: string; readonly to: string }

/** `false` is a compare-and-set that found something else. */
export type Answer = Value | boolean

/** A register, nil at first, or text that grows, empty at first. */
const stepOf = (state: Value, request: Request): readonly [Value, Answer] => {
  switch (request.verb) {
    case "read":
    case "get":
      return [state, state]
    case "write":
    case "put":
      return [request.value, true]
    case "append":
      return [`${state}${request.value}`, true]
    case "cas":
      return state === request.from ? [request.to, true] : [state, false]
  }
}

export const specification = (initial: Value): Specification<Request, Answer> => ({
  initial,
  keyOf: ({ key }) => key,
  step: (state, request, answer) => {
    const [after, right] = stepOf(state as Value, request)
    return answer === undefined || answer === right ? after : undefined
  },
  changesNothing: ({ verb }, answer) =>
    verb === "read" || verb === "get" || (verb === "cas" && answer === false)
})

interface Open {
  readonly client: number
  readonly request: Request
  readonly calledAt: number
  returnedAt: number | undefined
  answer: Answer | undefined
}

/** Operations by their processes, which do one thing after another. */
class Recording {
  readonly #operations: Array<Open> = []
  readonly #open = new Map<number, Open>()

  call(client: number, request: Request, calledAt: number): void {
    const operation = { client, request, calledAt, returnedAt: undefined, answer: undefined }
    this.#operations.push(operation)
    this.#open.set(client, operation)
  }

  return(client: number, answer: (request: Request) => Answer, returnedAt: number): void {
    const operation = this.#open.get(client)!
    operation.returnedAt = returnedAt
    operation.answer = answer(operation.request)
  }

  get operations(): ReadonlyArray<Operation<Request, Answer>> {
    return this.#operations.map((each, id) => ({ ...each, id }))
  }
}

const linesOf = (name: string): ReadonlyArray<string> =>
  readFileSync(join(folder, name), "utf8").split("\n").filter((line) => line !== "")

const JEPSEN = /- (\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.*)$/

/** What Jepsen wrote down about a compare-and-set register of etcd. */
export const etcd = (name: string): ReadonlyArray<Operation<Request, Answer>> => {
  const recording = new Recording()
  for (const [at, line] of linesOf(name).entries()) {
    const found = JEPSEN.exec(line)
    if (found === null) continue
    const [, client, type, verb, argument = ""] = found
    const value = argument === "nil" ? null : argument
    const [from = "", to = ""] = argument.replace(/[[\]]/g, "").split(" ")
    if (type === "invoke") {
      const request: Request = verb === "read"
        ? { verb, key: "" }
        : verb === "write"
        ? { verb, key: "", value: argument }
        : { verb: "cas", key: "", from, to }
      recording.call(Number(client), request, at)
    } else if (type === "ok") {
      recording.return(Number(client), ({ verb }) => verb === "read" ? value : true, at)
    } else if (type === "fail" && verb === "cas") {
      recording.return(Number(client), () => false, at)
    }
  }
  return recording.operations
}

const MAP = /:process (\d+), :type :(invoke|ok), :f :(get|put|append), :key "(.*)", :value (.*)\}$/

export const text = (name: string): ReadonlyArray<Operation<Request, Answer>> => {
  const recording = new Recording()
  for (const [at, line] of linesOf(name).entries()) {
    const [, client, type, verb, key = "", argument = ""] = MAP.exec(line)!
    const value = argument.replace(/^"|"$/g, "")
    if (type === "invoke") {
      const request: Request = verb === "get"
        ? { verb, key }
        : { verb: verb as "put" | "append", key, value }
      recording.call(Number(client), request, at)
    } else {
      recording.return(Number(client), ({ verb }) => verb === "get" ? value : true, at)
    }
  }
  return recording.operations
}
