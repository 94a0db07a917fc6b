/**
 * Where seeds are run: in this thread, or in worker threads beside it. A lane runs one seed at a
 * time. A life takes so much longer than a message that batches would gain nothing, and with one
 * seed at a time it is known which one a dying thread took with it.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { Worker } from "node:worker_threads"
import type { Report } from "../sim/Report.js"
import type { Progress, Shrunk } from "../sim/Shrink.js"
import type { Engine } from "./SimEngine.js"
import * as SimSeed from "./SimSeed.js"

export interface Lane {
  /** Never fails: a seed that breaks its thread has failed. */
  readonly run: (seed: number) => Effect.Effect<SimSeed.Summary>
  readonly shrink: (
    report: Report,
    onProgress: (progress: Progress) => void
  ) => Effect.Effect<Shrunk>
}

export type Task =
  | { readonly _tag: "Run"; readonly seed: number }
  | { readonly _tag: "Shrink"; readonly report: Report }

export type Answer =
  /** Of shrinking. */
  | { readonly _tag: "Progress"; readonly progress: Progress }
  | { readonly _tag: "Done"; readonly result: SimSeed.Summary | Shrunk }

/** Gives timers and signals their turn. */
const breathe: Effect.Effect<void> = Effect.async((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/** In this thread, where a profiler looks. */
export const inPlace = (engine: Engine, settings: SimSeed.Settings): Lane => ({
  run: (seed) => Effect.zipRight(breathe, Effect.sync(() => SimSeed.run(engine, settings, seed))),
  shrink: (report, onProgress) => Effect.sync(() => engine.shrink(report, onProgress))
})

/** In a thread of its own, which begins with the first task; one that dies is replaced. */
export const inThread = (
  settings: SimSeed.Settings,
  script = new URL("./SimWorker.js", import.meta.url)
): Effect.Effect<Lane, never, Scope.Scope> =>
  Effect.gen(function*() {
    let thread: Worker | undefined
    yield* Effect.addFinalizer(() => Effect.promise(async () => thread?.terminate()))

    /** Dies with the thread. */
    const ask = <A extends SimSeed.Summary | Shrunk>(
      task: Task,
      onProgress: (progress: Progress) => void
    ) =>
      Effect.async<A>((resume) => {
        const worker = thread ??= new Worker(script, { workerData: settings })
        let fault: Error | undefined
        const onAnswer = (answer: Answer): void => {
          if (answer._tag === "Progress") return onProgress(answer.progress)
          forget()
          resume(Effect.succeed(answer.result as A))
        }
        const onError = (error: Error): void => void (fault = error)
        const onExit = (code: number): void => {
          forget()
          thread = undefined
          resume(Effect.die(fault ?? new Error(`its thread ended with code ${code}`)))
        }
        const forget = (): void =>
          void worker.off("message", onAnswer).off("error", onError).off("exit", onExit)
        worker.on("message", onAnswer).on("error", onError).on("exit", onExit)
        worker.postMessage(task)
        return Effect.sync(forget)
      })

    return {
      run: (seed) =>
        ask<SimSeed.Summary>({ _tag: "Run", seed }, () => {}).pipe(
          Effect.catchAllDefect((fault) => Effect.succeed(SimSeed.crashed(seed, fault)))
        ),
      shrink: (report, onProgress) => ask<Shrunk>({ _tag: "Shrink", report }, onProgress)
    }
  })

/** Runs the seeds that `next` hands out, until it hands out none. */
export const soak = (
  lanes: ReadonlyArray<Lane>,
  next: Effect.Effect<number | undefined>,
  onDone: (summary: SimSeed.Summary) => Effect.Effect<void>
): Effect.Effect<void> =>
  Effect.forEach(
    lanes,
    ({ run }) =>
      Effect.gen(function*() {
        while (true) {
          const seed = yield* next
          if (seed === undefined) return
          yield* onDone(yield* run(seed))
        }
      }),
    { concurrency: "unbounded", discard: true }
  )
