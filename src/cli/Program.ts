/**
 * Runs one command, and says in one line what went wrong if something did. Exit codes: 0 stopped as
 * asked, 1 the node had to stop, the simulation failed or the log is not sound, 2 wrong usage, 3
 * the cluster has removed the node.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Effect, Exit } from "effect"
import { Removed } from "../node/Node.js"
import { Invalid } from "../RaftCache.js"
import * as Dev from "./Dev.js"
import { UsageError } from "./Flags.js"
import * as Operate from "./Operate.js"
import * as Recover from "./Recover.js"
import * as Secrets from "./Secrets.js"
import * as Serve from "./Serve.js"
import * as Wal from "./Wal.js"

/** A node that starts does without the simulator. */
const simulator = Effect.promise(() => import("./SimLive.js"))

const demo = Effect.promise(() => import("./Demo.js"))

const command = (argv: ReadonlyArray<string>) => {
  const [first, ...rest] = argv
  if (first === "dev") return Effect.interruptible(Dev.run(rest))
  if (first === "wal") return Effect.interruptible(Wal.run(rest))
  if (first === "recover") return Effect.interruptible(Recover.run(rest))
  if (first === "hash-password") return Effect.interruptible(Secrets.hash)
  if (first === "sim") return Effect.flatMap(simulator, ({ run }) => run(rest))
  if (first === "demo") return Effect.flatMap(demo, ({ run }) => run(rest))
  if (first !== undefined && Operate.names.includes(first)) {
    return Effect.interruptible(Operate.run(first, rest))
  }
  if (first !== undefined && !first.startsWith("-")) {
    return new UsageError({ message: `there is no command "${first}"` })
  }
  return Effect.interruptible(Serve.run(argv))
}

const isUsage = (error: unknown): boolean => error instanceof UsageError || error instanceof Invalid

/** An operating error in its own words; a broken invariant with all we know, for a bug report. */
const describe = (cause: Cause.Cause<{ readonly message: string }>): string => {
  const failure = Cause.failureOption(cause)
  if (failure._tag === "None") {
    return `raftcache: stopped by a defect, please report it:\n${Cause.pretty(cause)}\n`
  }
  const hint = isUsage(failure.value) ? "\nsee raftcache --help" : ""
  return `raftcache: ${failure.value.message}${hint}\n`
}

const report = (cause: Cause.Cause<{ readonly message: string }>) =>
  Effect.sync(() => {
    if (!Cause.isInterruptedOnly(cause)) process.stderr.write(describe(cause))
  })

const exitCode = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit) || Cause.isInterruptedOnly(exit.cause)) return 0
  const failure = Cause.failureOption(exit.cause)
  if (failure._tag === "None") return 1
  if (failure.value instanceof Removed) return 3
  return isUsage(failure.value) ? 2 : 1
}

/**
 * Takes over the process: signals interrupt the command, and its end is the process's. Only the
 * command itself, and only where it says so: what it fails with after a signal counts as well.
 */
export const run = (argv: ReadonlyArray<string>): void =>
  NodeRuntime.runMain(Effect.uninterruptible(Effect.tapErrorCause(command(argv), report)), {
    disableErrorReporting: true,
    disablePrettyLogger: true,
    teardown: (exit, onExit) => onExit(exitCode(exit))
  })
