/**
 * Which names a request of simulated clients means, and in what order it is shown them: that of
 * their places, which kv/Keyspace.ts says. A part of the model of the cache (CacheModel.ts).
 */
import { placeOf } from "../kv/Keyspace.js"

const ESCAPED = /[.+^${}()|\\]/g

/** Whether a glob pattern matches all of `name`. Clients write no backslashes. */
export const isMatch = (pattern: string, name: string): boolean => {
  const source = pattern.replaceAll(ESCAPED, String.raw`\$&`).replaceAll("*", ".*")
  return new RegExp(`^${source.replaceAll("?", ".")}$`, "s").test(name)
}

export const inOrder = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...names].sort((one, other) => placeOf(one) - placeOf(other))

interface ScanOptions {
  readonly count: number
  readonly isWanted: (name: string) => boolean
  readonly type: string | undefined
}

/** If the request does not say how many. */
const COUNT = 10

export const scanOptions = (options: ReadonlyArray<string>): ScanOptions => {
  const after = (name: string): string | undefined =>
    options.includes(name) ? options[options.indexOf(name) + 1] : undefined
  const pattern = after("match")
  return {
    count: Number(after("count") ?? COUNT),
    isWanted: (name) => pattern === undefined || isMatch(pattern, name),
    type: after("type")
  }
}

/** So many from a place on, and more where several share one; and where to go on, 0 at the end. */
export const scan = (names: ReadonlyArray<string>, cursor: number, count: number) => {
  const left = inOrder(names).filter((name) => placeOf(name) >= cursor)
  const last = left[count - 1]
  const found = left.filter((name, at) =>
    at < count || (last !== undefined && placeOf(name) === placeOf(last))
  )
  const next = left[found.length]
  return { found, next: next === undefined ? 0 : placeOf(next) }
}
