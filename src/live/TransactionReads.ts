/**
 * What a transaction has read, call by call, for a client that wants to keep it: keys that nothing
 * in the transaction has written afterwards, and keys that something has.
 */
import type { Words } from "../kv/Command.js"
import * as CommandTable from "../kv/CommandTable.js"
import type { Key } from "../kv/Key.js"
import { keysOf } from "./RedisDataCommands.js"
import type { Tracker } from "./Tracker.js"

export class TransactionReads {
  readonly read = new Set<Key>()
  /** Written to as far as the words say; whether anything has changed they do not say. */
  readonly overwritten = new Set<Key>()

  /** The next call of the transaction, in the reply to which `tracker` has come to it. */
  call(words: Words, tracker: Tracker): void {
    const command = CommandTable.find(words)
    if (command === undefined) return
    const keys = keysOf(command, words)
    if (command.flags.includes("write")) {
      // A write that names no keys may be of all.
      for (const key of keys.length > 0 ? keys : this.read) this.#overwrite(key)
    } else if (command.flags.includes("readonly")) {
      for (const key of keys) if (tracker.mayKeep(key)) this.read.add(key)
    }
  }

  #overwrite(key: Key): void {
    if (this.read.delete(key)) this.overwritten.add(key)
  }
}
