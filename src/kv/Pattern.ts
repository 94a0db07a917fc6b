/**
 * Glob patterns as Redis matches keys with them (`stringmatchlen`): * for anything, ? for one byte,
 * [...] for one of several, \ before what is meant as it is.
 */

/** Stars beyond this one are not tried: what else would take for ever matches nothing. */
const STEPS_LIMIT = 100_000

/** Whether `pattern` matches all of `text`; both have one character for each byte. */
export const isMatch = (pattern: string, text: string): boolean => {
  // Redis asks its matcher for nothing but "*", which to it matches no empty text.
  if (text === "") return pattern === "" || pattern === "*"
  let at = 0
  let next = 0
  let starNext = -1
  let starAt = 0
  for (let steps = 0; steps < STEPS_LIMIT; steps++) {
    if (next === pattern.length && at === text.length) return true
    if (pattern[next] === "*") {
      starNext = ++next
      starAt = at
      continue
    }
    const end = at < text.length && next < pattern.length ? matchOne(pattern, next, text[at]!) : 0
    if (end > 0) {
      next = end
      at++
    } else if (starNext >= 0 && starAt < text.length) {
      // The last star takes one character more.
      next = starNext
      at = ++starAt
    } else {
      return false
    }
  }
  return false
}

/** Where the pattern goes on after what matches `character` at `at`; 0 if it does not. */
const matchOne = (pattern: string, at: number, character: string): number => {
  switch (pattern[at]) {
    case "?":
      return at + 1
    case "[":
      return matchSet(pattern, at + 1, character)
    case "\\": {
      const escaped = at + 1 < pattern.length ? at + 1 : at
      return pattern[escaped] === character ? escaped + 1 : 0
    }
    default:
      return pattern[at] === character ? at + 1 : 0
  }
}

/** As Redis does it: a set that does not end ends with the pattern. */
const matchSet = (pattern: string, from: number, character: string): number => {
  const isNegated = pattern[from] === "^"
  let at = isNegated ? from + 1 : from
  let isIn = false
  for (; at < pattern.length && pattern[at] !== "]"; at++) {
    if (pattern[at] === "\\" && at + 1 < pattern.length) {
      at++
      isIn ||= pattern[at] === character
    } else if (pattern[at + 1] === "-" && at + 2 < pattern.length) {
      const [one, other] = [pattern[at]!, pattern[at + 2]!]
      const [least, most] = one <= other ? [one, other] : [other, one]
      isIn ||= character >= least && character <= most
      at += 2
    } else {
      isIn ||= pattern[at] === character
    }
  }
  return isIn === isNegated ? 0 : Math.min(at + 1, pattern.length)
}
