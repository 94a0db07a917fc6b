/**
 * Who may use the cache, and whether a password is theirs. Without users everybody is "default" and
 * may do everything, as in a Redis without passwords; as soon as there is one, nobody gets in
 * without a password. Every user may do everything.
 *
 * Passwords are tried one at a time: what tries them is the same few threads that write the log. A
 * password that was right is recognized from then on by its HMAC under a key of this process, so
 * that a thousand clients that come back at once wait for one scrypt and not for a thousand.
 */
import { Effect } from "effect"
import * as Crypto from "node:crypto"
import * as PasswordHash from "./PasswordHash.js"

export const DEFAULT_USER = "default"

export interface Users {
  /** Who a connection is before it says so; undefined if it must say so. */
  readonly initial: string | undefined
  readonly names: ReadonlyArray<string>
  /** Calls `done` once and later, and takes as long for a name that nobody has. */
  readonly verify: (name: string, password: Uint8Array, done: (isRight: boolean) => void) => void
}

/** Everybody is the default user, whatever password is given. */
export const everybody: Users = {
  initial: DEFAULT_USER,
  names: [DEFAULT_USER],
  verify: (name, _password, done) => queueMicrotask(() => done(name === DEFAULT_USER))
}

export type Hashes = ReadonlyMap<string, PasswordHash.PasswordHash>

const HMAC_KEY_BYTES = 32

export const make = (hashes: Hashes): Effect.Effect<Users> =>
  Effect.map(
    PasswordHash.make(Crypto.randomBytes(HMAC_KEY_BYTES)),
    (nobodys) => hashes.size === 0 ? everybody : guarded(hashes, nobodys)
  )

/** `nobodys` is the hash of a password that nobody knows. */
const guarded = (hashes: Hashes, nobodys: PasswordHash.PasswordHash): Users => {
  const key = Crypto.randomBytes(HMAC_KEY_BYTES)
  const known = new Map<string, Uint8Array>()
  const waiting: Array<() => void> = []

  const next = (): void => waiting[0]?.()

  const verify: Users["verify"] = (name, password, done) => {
    const digest = Crypto.createHmac("sha256", key).update(password).digest()
    const right = known.get(name)
    if (right !== undefined && Crypto.timingSafeEqual(right, digest)) {
      return queueMicrotask(() => done(true))
    }
    const begin = () =>
      PasswordHash.verify(password, hashes.get(name) ?? nobodys, (isRight) => {
        if (isRight) known.set(name, digest)
        done(isRight)
        waiting.shift()
        next()
      })
    if (waiting.push(begin) === 1) next()
  }
  return { initial: undefined, names: [...hashes.keys()].sort(), verify }
}
