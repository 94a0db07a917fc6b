/**
 * What is kept of a password: a scrypt hash, written as `$scrypt$ln=14,r=8,p=1$salt$key` (the PHC
 * string format). It takes tens of milliseconds and megabytes of memory to try one, in a thread of
 * its own.
 */
import { Effect } from "effect"
import * as Crypto from "node:crypto"

export interface PasswordHash {
  /** The logarithm of what scrypt calls N. */
  readonly costLog: number
  readonly blockSize: number
  readonly parallelism: number
  readonly salt: Uint8Array
  readonly key: Uint8Array
}

const COST_LOG = 14
const BLOCK_SIZE = 8
const PARALLELISM = 1
const SALT_BYTES = 16
const KEY_BYTES = 32

/** Beyond these a hash would take seconds and gigabytes: it is a slip of somebody's pen. */
const COST_LOG_LIMIT = 20
const BLOCK_SIZE_LIMIT = 32
const PARALLELISM_LIMIT = 16
const BYTES_LIMIT = 64

/** Half of it for scrypt's own table, the rest for what else it needs. */
const memoryBytes = ({ blockSize, costLog }: PasswordHash): number =>
  2 * 128 * 2 ** costLog * blockSize

const derive = (
  password: Uint8Array,
  hash: PasswordHash,
  done: (key: Uint8Array | undefined) => void
): void =>
  Crypto.scrypt(password, hash.salt, hash.key.length, {
    cost: 2 ** hash.costLog,
    blockSize: hash.blockSize,
    parallelization: hash.parallelism,
    maxmem: memoryBytes(hash)
  }, (error, key) => done(error === null ? key : undefined))

export const make = (password: Uint8Array): Effect.Effect<PasswordHash> =>
  Effect.async((resume) => {
    const hash: PasswordHash = {
      costLog: COST_LOG,
      blockSize: BLOCK_SIZE,
      parallelism: PARALLELISM,
      salt: Crypto.randomBytes(SALT_BYTES),
      key: new Uint8Array(KEY_BYTES)
    }
    derive(password, hash, (key) =>
      resume(
        key === undefined
          ? Effect.dieMessage("scrypt failed")
          : Effect.succeed({ ...hash, key })
      ))
  })

/** Calls `done` once and later. Takes as long for any password. */
export const verify = (
  password: Uint8Array,
  hash: PasswordHash,
  done: (isRight: boolean) => void
): void =>
  derive(
    password,
    hash,
    (key) => done(key !== undefined && Crypto.timingSafeEqual(key, hash.key))
  )

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

export const format = (hash: PasswordHash): string =>
  `$scrypt$ln=${hash.costLog},r=${hash.blockSize},p=${hash.parallelism}` +
  `$${toText(hash.salt)}$${toText(hash.key)}`

const FORM = /^\$scrypt\$ln=(\d{1,3}),r=(\d{1,3}),p=(\d{1,3})\$([\w+/=-]+)\$([\w+/=-]+)$/

/** Undefined if the text is no hash, or one that no machine should be asked to try. */
export const parse = (text: string): PasswordHash | undefined => {
  const found = FORM.exec(text)
  if (found === null) return undefined
  const [costLog, blockSize, parallelism] = found.slice(1, 4).map(Number) as [
    number,
    number,
    number
  ]
  const salt = Buffer.from(found[4]!, "base64")
  const key = Buffer.from(found[5]!, "base64")
  const isSane = costLog >= 1 && costLog <= COST_LOG_LIMIT &&
    blockSize >= 1 && blockSize <= BLOCK_SIZE_LIMIT &&
    parallelism >= 1 && parallelism <= PARALLELISM_LIMIT &&
    salt.length <= BYTES_LIMIT && key.length > 0 && key.length <= BYTES_LIMIT
  return isSane ? { costLog, blockSize, parallelism, salt, key } : undefined
}
