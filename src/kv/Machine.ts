/**
 * The cache as a state machine: each command of the log, applied to the store. Total: what cannot
 * be decoded or carried out is answered with an error and changes nothing.
 */
import * as Answer from "./Answer.js"
import * as Command from "./Command.js"
import * as CommandTable from "./CommandTable.js"
import { fits, OUT_OF_MEMORY, wrongArity } from "./DataCommand.js"
import * as Eviction from "./Eviction.js"
import { placeOf } from "./Keyspace.js"
import type { Store } from "./Store.js"

/** Empty between commands. */
const writer = new Answer.Writer()

/**
 * Applies the command at `index` of the log and returns its answer. Keeps values that share the
 * bytes' memory, so these must not be written to afterwards.
 */
export const apply = (store: Store, bytes: Uint8Array, index: number): Uint8Array => {
  const answer = carryOut(store, bytes, index)
  for (const observer of store.observers) observer.applied(index)
  return answer
}

const carryOut = (store: Store, bytes: Uint8Array, index: number): Uint8Array => {
  const command = Command.decode(bytes)
  switch (command?._tag) {
    case undefined:
      return notUnderstood
    case "Time":
      store.advance(command.millis)
      return Answer.ok
    case "Memory": {
      const evicted = command.evicted.filter((each) => store.evict(each))
      store.limitBytes = command.limitBytes
      return Answer.integer(evicted.length)
    }
    case "Call":
      if (store.isFull && makesItMore(command.words)) return outOfMemory
      run(store, command.words, index, placeOf(String(index)))
      return writer.take()
    case "Transaction":
      return transact(store, command, index)
  }
}

const transact = (
  store: Store,
  { calls, watched }: Command.Transaction,
  index: number
): Uint8Array => {
  if (store.isFull && calls.some(makesItMore)) writer.error(ABORTED)
  else if (watched.some(({ key, revision }) => store.revision(key) !== revision)) writer.nilArray()
  else {
    writer.array(calls.length)
    for (const [at, words] of calls.entries()) run(store, words, index, placeOf(`${index} ${at}`))
  }
  return writer.take()
}

/** Whether it is refused when the store is full: if it is not wrong by itself. */
const makesItMore = (words: Command.Words): boolean => {
  const command = CommandTable.find(words)
  return command !== undefined && fits(command.arity, words) && command.flags.includes("denyoom")
}

const run = (store: Store, words: Command.Words, index: number, draw: number): void => {
  const command = CommandTable.find(words)
  if (command === undefined) writer.error(UNKNOWN)
  else if (!fits(command.arity, words)) writer.error(wrongArity(command.name))
  else command.run(words, { store, index, reply: writer, draw })
}

/** What the store shows for a query: the words of a request that only reads, encoded as a call. */
export const read = (store: Store, query: Uint8Array): Uint8Array => {
  const command = Command.decode(query)
  const isRead = command?._tag === "Call" && CommandTable.find(command.words)?.kind === "Read"
  if (!isRead) return notUnderstood
  run(store, command.words, 0, 0)
  return writer.take()
}

/** The time as a command, if the store does not know that it is so late. */
export const tell = (store: Store, millis: number): Uint8Array | undefined =>
  millis > store.timeMillis ? Command.encode({ _tag: "Time", millis }) : undefined

/** When the first key is due to go. Milliseconds since 1970; `Infinity` if none is. */
export const dueMillis = ({ dues }: Store): number => dues.first?.atMillis ?? Infinity

/** By so much the log may be behind the clock while commands arrive, if nothing is due. */
export const TIME_GRAIN_MILLIS = 10

/**
 * What the store is told by whoever leads (service/StateMachine.ts): the time, and what is decided
 * about memory.
 */
export const chores = (store: Store) => [
  {
    tell: (millis: number): Uint8Array | undefined => tell(store, millis),
    dueMillis: (): number => dueMillis(store),
    grainMillis: TIME_GRAIN_MILLIS
  },
  {
    tell: (): Uint8Array | undefined => Eviction.tell(store),
    dueMillis: (): number => Eviction.isDue(store) ? 0 : Infinity,
    grainMillis: 0
  }
]

const UNKNOWN = "ERR command not understood: it comes from a newer version, " +
  "upgrade every node to that version"
const ABORTED = `EXECABORT Transaction discarded because of: ${OUT_OF_MEMORY}`
const outOfMemory = Answer.error(OUT_OF_MEMORY)
const notUnderstood = Answer.error(UNKNOWN)
