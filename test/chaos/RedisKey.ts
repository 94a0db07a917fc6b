/**
 * What one key of the cache does, as a Redis client sees it: the words of a request, and what is
 * answered. Errors are answers that begin with `-`.
 */
import type { Specification, State } from "../../src/sim/LinearizabilitySearch.js"

/** The command, the key, and what else the command takes; commands and options in capitals. */
export type Words = readonly [verb: string, key: string, ...rest: ReadonlyArray<string>]

export type Answer = string | number | null

export const NOT_AN_INTEGER = "-ERR value is not an integer or out of range"

const INTEGER = /^(0|-?[1-9][0-9]{0,14})$/

/** The state after the request, and its answer. A key that is not there is `null`. */
export const evaluate = (state: State, words: Words): readonly [State, Answer] => {
  const [verb, , value = "", ...options] = words
  switch (verb) {
    case "GET":
      return [state, state]
    case "EXISTS":
      return [state, state === null ? 0 : 1]
    case "DEL":
      return [null, state === null ? 0 : 1]
    case "INCR": {
      const digits = String(state ?? 0)
      if (!INTEGER.test(digits)) return [state, NOT_AN_INTEGER]
      const sum = Number(digits) + 1
      return [String(sum), sum]
    }
    case "SET": {
      const isRefused = (options.includes("NX") && state !== null) ||
        (options.includes("XX") && state === null)
      const after = isRefused ? state : value
      if (options.includes("GET")) return [after, state]
      return [after, isRefused ? null : "OK"]
    }
    default:
      throw new Error(`what ${verb} does is not written here`)
  }
}

const changesNothing = (words: Words, answer: Answer | undefined): boolean => {
  const [verb, , , ...options] = words
  switch (verb) {
    case "GET":
    case "EXISTS":
      return true
    case "DEL":
      return answer === 0
    case "INCR":
      return answer === NOT_AN_INTEGER
    case "SET": {
      const sawValue = options.includes("GET") && typeof answer === "string"
      const sawNothing = options.includes("GET") && answer === null
      const isRefused = !options.includes("GET") && answer === null
      return isRefused || (options.includes("NX") && sawValue) ||
        (options.includes("XX") && sawNothing)
    }
    default:
      return false
  }
}

export const specification: Specification<Words, Answer> = {
  initial: null,
  keyOf: ([, key]) => key,
  step: (state, words, answer) => {
    const [after, right] = evaluate(state, words)
    return answer === undefined || answer === right ? after : undefined
  },
  changesNothing
}

export const describe = (words: Words): string => words.join(" ")

export const describeAnswer = (answer: Answer): string => answer === null ? "nil" : String(answer)
