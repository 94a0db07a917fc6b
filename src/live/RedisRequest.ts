/**
 * A request that was understood: what its connection must wait for, and how it is answered then.
 */
import type { ReadMode } from "../node/Node.js"
import type { Prefixed, Run, Runnable, Task, Words } from "./RedisCommand.js"
import * as RedisCommands from "./RedisCommands.js"

export interface Request {
  readonly kind: Runnable["kind"]
  readonly words: Words
  /** Writes the reply, once the gate is open. Nothing for a `Write`, whose reply is its answer. */
  readonly run: Run | undefined
  /** For a `Write`, the command for the log. */
  readonly command: Uint8Array | undefined
  /** For a `Task`. */
  readonly begin?: Task["begin"]
  /** For a `Read`, if it is not as the connection has it. */
  readonly reads?: ReadMode
}

const ONLY_READS = "ERR RAFT READ takes a command that only reads"

/** One that is answered with this error. */
export const failed = (message: string): Request => ({
  kind: "Local",
  words: [],
  run: (_, out) => out.error(message),
  command: undefined
})

export const make = (command: Runnable, words: Words): Request => {
  switch (command.kind) {
    case "Prefix":
      return unwrap(command.unwrap(words))
    case "Task":
      return { kind: "Task", words, run: undefined, command: undefined, begin: command.begin }
    case "Write": {
      const encoded = command.encode(words)
      if (typeof encoded === "string") return failed(encoded)
      return { kind: "Write", words: [], run: undefined, command: encoded }
    }
    case "Local":
    case "Read":
      return { kind: command.kind, words, run: command.run, command: undefined }
  }
}

const unwrap = (prefixed: Prefixed | string): Request => {
  if (typeof prefixed === "string") return failed(prefixed)
  const { reads, words } = prefixed
  const command = RedisCommands.find(words)
  if (typeof command === "string") return failed(command)
  if (command.kind !== "Read") return failed(ONLY_READS)
  return { kind: "Read", words, run: command.run, command: undefined, reads }
}
