/**
 * A request that was understood: what its connection must wait for, and how it is answered then.
 */
import * as Answer from "../kv/Answer.js"
import type { Done, ReadMode } from "../node/Node.js"
import type { Writer } from "../wire/RespReply.js"
import type { Client, Prefixed, Run, Runnable, Server, Words, Write } from "./RedisCommand.js"
import * as RedisCommands from "./RedisCommands.js"

export interface Request {
  readonly kind: Runnable["kind"]
  /** Absent if nothing was carried out that could have taken long. */
  readonly asked?: Runnable
  readonly words: Words
  /** Writes the reply, once the gate is open. A `Write` that has a command replies its answer. */
  readonly run: Run | undefined
  /** Whether somebody may ask it who has not said who it is. */
  readonly isOpen: boolean
  /** For a `Write`, the command for the log. */
  readonly command: Uint8Array | undefined
  /** For a `Write` whose command, if it has one, is only known when all before it is answered. */
  readonly encode?: () => Uint8Array | undefined
  /** For a `Write` that must be prepared: calls `done` once, now or later. */
  readonly prepare?: (client: Client, server: Server, done: () => void) => void
  /** For a `Write` whose reply is more than its answer; `heard` is as in its gate. */
  readonly replay?: Replay | undefined
  /** For a `Read`, if it is not as the connection has it. */
  readonly reads?: ReadMode
  /** Whether what CLIENT CACHING has said before it holds for the next one, too. */
  readonly keepsCaching?: boolean
  /** What is asked next depends on it: no request is taken before it is answered. */
  readonly turns?: boolean
}

type Replay = (
  done: Done,
  heard: ReadonlyArray<number>,
  out: Writer,
  client: Client,
  server: Server
) => void

const ONLY_READS = "ERR RAFT READ takes a command that only reads"

/** One that is answered with this error. */
export const failed = (message: string, isOpen = true): Request => ({
  kind: "Local",
  words: [],
  isOpen,
  run: (_, out) => out.error(message),
  command: undefined
})

/** In place of the answer to a command that counts, which the log has the same for every node. */
export const counted = (answer: Uint8Array, count: number | undefined, out: Writer): void =>
  answer[0] === Answer.INTEGER ? out.integer(count ?? 0) : out.answer(answer)

const replayCounted: Replay = ({ answer }, [count], out) => counted(answer, count, out)

/** All of one shape, whatever is asked: every request is made and read by the same code. */
export const make = (asked: Runnable, words: Words): Request => {
  const { kind } = asked
  const isOpen = asked.flags.includes("no_auth")
  if (kind === "Prefix") return unwrap(asked.unwrap(words))
  const command = kind === "Write" ? asked.encode(words) : undefined
  if (typeof command === "string") return failed(command, isOpen)
  return {
    kind,
    asked,
    // Those of a write are in its command.
    words: kind === "Write" ? [] : words,
    run: kind === "Local" || kind === "Read" ? asked.run : undefined,
    isOpen,
    command,
    replay: kind === "Write" ? replayOf(asked, words) : undefined,
    keepsCaching: kind === "Local" && asked.name.startsWith("client|"),
    turns: asked.turns === true
  }
}

/** If there is more to the reply than its answer. */
const replayOf = ({ counts, replied }: Write, words: Words): Replay | undefined => {
  if (counts === true) return replayCounted
  if (replied === undefined) return undefined
  return (done, _, out, client, server) => {
    out.answer(done.answer)
    replied(words, done, client, server)
  }
}

const unwrap = (prefixed: Prefixed | string): Request => {
  if (typeof prefixed === "string") return failed(prefixed, false)
  const { reads, words } = prefixed
  const command = RedisCommands.find(words)
  if (typeof command === "string") return failed(command)
  if (command.kind !== "Read") return failed(ONLY_READS, false)
  return { ...make(command, words), reads }
}

/** Whether the reply itself may take long: it is made when it is written, and from much. */
export const isSlow = ({ asked, run }: Request): boolean =>
  run !== undefined && asked?.flags.includes("fast") === false
