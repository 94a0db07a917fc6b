/**
 * What the simulated clients read from the cache: a line of words, such as `get k1 k2`. Servers
 * need no such encoding, they look into the store; a history does, because it compares bytes. Keys
 * must have no spaces, and those of CacheApplication have none.
 */
import type * as Key from "../kv/Key.js"
import * as Latin1 from "../kv/Latin1.js"

/**
 * `get`: the value of one key, or a list for several. `revision`: the same of revisions. `exists`:
 * how many of the keys are there, each as often as it is named. `size`: the number of all keys.
 */
export interface Query {
  readonly verb: string
  readonly keys: ReadonlyArray<Key.Key>
}

export const encode = ({ keys, verb }: Query): Uint8Array =>
  Latin1.encode([verb, ...keys].join(" "))

/** Total: a word that is no verb is given as it is. */
export const decode = (bytes: Uint8Array): Query => {
  const [verb = "", ...keys] = Latin1.decode(bytes, 0, bytes.length).split(" ")
  return { verb, keys: keys as Array<Key.Key> }
}

/** A kind beside those of kv/Answer: the payload is answers, each after its length in 4 bytes. */
export const KIND_LIST = 0x2a

const LENGTH_BYTES = 4

/** The one answer, or a list of several. */
export const answer = (answers: ReadonlyArray<Uint8Array>): Uint8Array => {
  if (answers.length === 1) return answers[0]!
  const size = answers.reduce((sum, one) => sum + LENGTH_BYTES + one.length, 1)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  bytes[0] = KIND_LIST
  let at = 1
  for (const one of answers) {
    view.setUint32(at, one.length)
    bytes.set(one, at + LENGTH_BYTES)
    at += LENGTH_BYTES + one.length
  }
  return bytes
}

/** The answers of a list that `answer` made. */
export const list = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const answers: Array<Uint8Array> = []
  for (let at = 1; at + LENGTH_BYTES <= bytes.length;) {
    const start = at + LENGTH_BYTES
    at = start + view.getUint32(at)
    answers.push(bytes.subarray(start, at))
  }
  return answers
}
