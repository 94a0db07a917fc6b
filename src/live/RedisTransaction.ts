/**
 * MULTI, EXEC and WATCH for one connection (https://redis.io/docs/latest/commands/multi/). What is
 * queued becomes one entry of the log, so nothing comes between its commands, whoever leads. A
 * watched key is one whose revision must still be the same when the entry applies; that is decided
 * where it applies, so a change of leader in between changes nothing. What no revision tells, this
 * node has noted (Watches.ts).
 */
import * as Answer from "../kv/Answer.js"
import * as Command from "../kv/Command.js"
import { OUT_OF_MEMORY } from "../kv/DataCommand.js"
import * as Key from "../kv/Key.js"
import { matches, ok } from "./RedisCommand.js"
import type { Local, Read, Run, Runnable, Task, Tell, Words } from "./RedisCommand.js"
import * as RedisRequest from "./RedisRequest.js"
import type { Request } from "./RedisRequest.js"
import { TransactionReads } from "./TransactionReads.js"
import type { Watched, Watches } from "./Watches.js"

const NOT_ALLOWED = "ERR Command not allowed inside a transaction"
const NESTED = "ERR MULTI calls can not be nested"
const WATCH_INSIDE = "ERR WATCH inside MULTI is not allowed"
const ABORTED = "EXECABORT Transaction discarded because of previous errors."
const TOO_LONG = `ERR the transaction is longer than ${Command.LIMIT_BYTES} bytes: ` +
  "split it into several"

/**
 * A command that was queued: in the log, carried out when the reply is written, or begun before
 * and told then.
 */
type Queued =
  | { readonly _tag: "Logged"; readonly words: Words; readonly counts: boolean }
  | { readonly _tag: "Local"; readonly words: Words; readonly run: Run; readonly turns: boolean }
  | Begun

interface Begun {
  readonly _tag: "Begun"
  readonly words: Words
  readonly begin: Task["begin"]
  readonly turns: boolean
  /** Nothing before it was begun. */
  tell: Tell
}

/** What stays of a request besides its words. */
const OVERHEAD_BYTES = 16

const sizeOf = (words: Words): number =>
  words.reduce((sum, { length }) => sum + OVERHEAD_BYTES + length, OVERHEAD_BYTES)

export class RedisTransaction {
  /** Undefined outside of MULTI. */
  #queue: Array<Queued> | undefined
  #queueBytes = 0
  #isFailed = false
  /** Of the commands queued since MULTI: known when their replies are written. */
  #refusals = { count: 0 }
  readonly #watched = new Map<Key.Key, Watched>()
  /** Where they were begun to be watched. */
  #watches: Watches | undefined

  /** Nothing is watched any more. */
  forget(): void {
    for (const watched of this.#watched.values()) this.#watches?.forget(watched)
    this.#watched.clear()
  }

  /** What the request becomes, if it is about a transaction or queued in one. */
  take(command: Runnable | string, words: Words): Request | undefined {
    const request = this.#take(command, words)
    return request === undefined || this.#queue === undefined
      ? request
      : { ...request, keepsCaching: true }
  }

  #take(command: Runnable | string, words: Words): Request | undefined {
    if (typeof command === "string" && matches(words[0]!, "exec")) return this.#abort(command)
    const name = typeof command === "string" ? "" : command.name
    if (name === "quit") return undefined
    if (name === "reset") return this.#reset(command, words)
    if (name === "multi") return this.#multi()
    if (name === "exec") return this.#exec()
    if (name === "discard") return this.#discard()
    if (this.#queue !== undefined) {
      return name === "watch" ? RedisRequest.failed(WATCH_INSIDE, false) : this.#add(command, words)
    }
    if (name === "watch") return this.#watch(words)
    return name === "unwatch" ? this.#local(() => this.forget()) : undefined
  }

  #multi(): Request {
    if (this.#queue !== undefined) return RedisRequest.failed(NESTED, false)
    this.#queue = []
    this.#refusals = { count: 0 }
    return this.#local(() => {})
  }

  #add(command: Runnable | string, words: Words): Request {
    const queued = typeof command === "string" ? command : queue(command, words)
    if (typeof queued === "string") {
      this.#isFailed = true
      return RedisRequest.failed(queued, false)
    }
    this.#queueBytes += sizeOf(words)
    if (this.#queueBytes > Command.LIMIT_BYTES) {
      this.#isFailed = true
      this.#queue = []
      return RedisRequest.failed(TOO_LONG, false)
    }
    this.#queue?.push(queued)
    const refusals = this.#refusals
    // As Redis does, with whatever is to be queued.
    const run: Run = (_, out, _client, { store }) => {
      if (!store.isFull) return out.simple("QUEUED")
      refusals.count++
      out.error(OUT_OF_MEMORY)
    }
    return { kind: "Local", words, run, isOpen: false, command: undefined }
  }

  #exec(): Request {
    const queue = this.#queue
    const isFailed = this.#isFailed
    const refusals = this.#refusals
    this.#end()
    if (queue === undefined) return RedisRequest.failed("ERR EXEC without MULTI", false)
    if (isFailed) return this.#local(() => this.forget(), (_, out) => out.error(ABORTED))
    const tasks = queue.filter((each) => each._tag === "Begun")
    const calls = queue.flatMap((each) => each._tag === "Logged" ? [each.words] : [])
    return {
      kind: "Write",
      words: [],
      run: (_, out) => refusals.count > 0 ? out.error(ABORTED) : out.nilArray(),
      isOpen: false,
      command: undefined,
      encode: () => {
        const watched = [...this.#watched.values()]
        this.forget()
        if (refusals.count > 0 || watched.some(({ hasCome }) => hasCome)) return undefined
        return Command.encode({ _tag: "Transaction", watched, calls })
      },
      ...(tasks.length === 0 ? {} : { prepare: prepare(tasks) }),
      ...(queue.some((each) => each._tag !== "Logged" && each.turns) ? { turns: true } : {}),
      replay: ({ answer, index }, heard, out, client, server) => {
        const items = Answer.itemsOf(answer)
        if (items === undefined) return Answer.replay(answer, out)
        const reads = new TransactionReads()
        let next = 0
        let message = 0
        out.array(queue.length)
        for (const each of queue) {
          if (each._tag === "Begun") each.tell(out)
          else if (each._tag === "Local") each.run(each.words, out, client, server)
          if (each._tag !== "Logged") continue
          if (each.counts) RedisRequest.counted(items[next++]!, heard[message++], out)
          else out.answer(items[next++]!)
          if (client.tracker !== undefined) reads.call(each.words, client.tracker)
        }
        server.tracking.readIn(client, reads, index)
      }
    }
  }

  #reset(command: Runnable | string, words: Words): Request | undefined {
    this.#end()
    if (typeof command === "string" || command.kind !== "Local") return undefined
    const request = RedisRequest.make(command, words)
    const run: Run = (...given) => {
      this.forget()
      command.run(...given)
    }
    return { ...request, run }
  }

  /** An EXEC that is wrong by itself. */
  #abort(error: string): Request {
    this.#end()
    const why = error.replace(/^ERR /, "")
    return this.#local(() => this.forget(), (_, out) => {
      out.error(`EXECABORT Transaction discarded because of: ${why}`)
    })
  }

  #discard(): Request {
    if (this.#queue === undefined) return RedisRequest.failed("ERR DISCARD without MULTI", false)
    this.#end()
    return this.#local(() => this.forget())
  }

  /** A read that shows nothing: the revisions as of when it is answered. */
  #watch(words: Words): Request {
    const run: Run = (_, out, _client, { watches }) => {
      this.#watches = watches
      for (const word of words.slice(1)) {
        const key = Key.fromBytes(word)
        if (!this.#watched.has(key)) this.#watched.set(key, watches.watch(key))
      }
      out.simple("OK")
    }
    return { kind: "Read", words, run, isOpen: false, command: undefined, reads: "linearizable" }
  }

  /** `change` takes effect in the order of replies. */
  #local(change: () => void, reply: Run = ok): Request {
    const run: Run = (words, out, client, server) => {
      change()
      reply(words, out, client, server)
    }
    return { kind: "Local", words: [], run, isOpen: false, command: undefined }
  }

  #end(): void {
    this.#queue = undefined
    this.#queueBytes = 0
    this.#isFailed = false
  }
}

const local = ({ run, turns }: Local | Read, words: Words): Queued => ({
  _tag: "Local",
  words,
  run,
  turns: turns === true
})

const queue = (command: Runnable, words: Words): Queued | string => {
  switch (command.kind) {
    case "Read":
      // What the log does not carry shows the store as it is after the transaction, or later.
      if (command.isOfLog === true) return { _tag: "Logged", words, counts: false }
      return local(command, words)
    case "Write": {
      const encoded = command.encode(words)
      if (typeof encoded === "string") return encoded
      return { _tag: "Logged", words, counts: command.counts === true }
    }
    case "Local":
      return local(command, words)
    case "Task": {
      const { begin, mayQueue, turns } = command
      return mayQueue === true
        ? { _tag: "Begun", words, begin, turns: turns === true, tell: () => {} }
        : NOT_ALLOWED
    }
    case "Prefix":
      return NOT_ALLOWED
  }
}

/** None waits for another: what they change is changed when they are told. */
const prepare =
  (tasks: ReadonlyArray<Begun>): NonNullable<Request["prepare"]> => (client, server, done) => {
    let begun = tasks.length
    for (const task of tasks) {
      task.begin(task.words, client, server, (tell) => {
        task.tell = tell
        if (--begun === 0) done()
      })
    }
  }
