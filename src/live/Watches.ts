/**
 * The keys that clients watch and that are not there. Whether a key has changed its revision tells,
 * but for one that was absent and is so again, since both times it has none. So this node notes if
 * such a key comes; what it has not applied yet when EXEC is asked for has changed nothing that the
 * transaction could see.
 */
import type { Key } from "../kv/Key.js"
import type { Observer, Store } from "../kv/Store.js"

/** A key that a client has begun to watch. */
export interface Watched {
  readonly key: Key
  /** 0 if it was absent. */
  readonly revision: number
  /** Of one that was absent: whether it has been there since. */
  hasCome: boolean
}

export class Watches implements Observer {
  readonly #store: Store
  /** Of keys that have not come yet. */
  readonly #absent = new Map<Key, Set<Watched>>()

  constructor(store: Store) {
    this.#store = store
  }

  /** As the key is now. `forget` it in the end. */
  watch(key: Key): Watched {
    const watched = { key, revision: this.#store.revision(key), hasCome: false }
    if (watched.revision > 0) return watched
    if (this.#absent.size === 0) this.#store.observers.add(this)
    const others = this.#absent.get(key)
    if (others === undefined) this.#absent.set(key, new Set([watched]))
    else others.add(watched)
    return watched
  }

  forget(watched: Watched): void {
    const { key } = watched
    const all = this.#absent.get(key)
    if (all === undefined || !all.delete(watched)) return
    if (all.size === 0) this.#drop(key)
  }

  readonly touched = (key: Key): void => {
    const all = this.#absent.get(key)
    // One that was due when it began to be watched goes now, and has not come.
    if (all === undefined || this.#store.get(key) === undefined) return
    for (const watched of all) watched.hasCome = true
    this.#drop(key)
  }

  readonly cleared = (): void => {}

  readonly applied = (): void => {}

  #drop(key: Key): void {
    this.#absent.delete(key)
    if (this.#absent.size === 0) this.#store.observers.delete(this)
  }
}
