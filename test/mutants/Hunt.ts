/**
 * Hunts a mutant: bundles the simulator with the mutant's edit in it, and lives seeds 1, 2, 3 and
 * so on in a thread of its own, until one of them breaks a promise or the time is up.
 */
import { build } from "esbuild"
import type { Plugin } from "esbuild"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Worker } from "node:worker_threads"
import * as Mutants from "./Mutant.js"
import type { Mutant } from "./Mutant.js"

/** What the thread is asked. */
export interface Task {
  /** The last seed. */
  readonly seeds: number
  readonly shrinks: boolean
}

/** What the thread says. */
export type Told =
  /** Every seed kept every promise. */
  | { readonly _tag: "Clean" }
  | { readonly _tag: "Found"; readonly finding: Finding }
  /** Follows `Found` if it was asked for. */
  | { readonly _tag: "Shrunk"; readonly shrunk: Shrunk }

/** The first life that broke a promise. */
export interface Finding {
  readonly seed: number
  /** The name of the promise. */
  readonly oracle: string
  readonly message: string
  readonly events: number
}

/** The smallest life found that breaks the same promise. */
export interface Shrunk {
  /** Client operations, faults, and choices that are not the tame one. */
  readonly length: number
  readonly oracle: string | undefined
  /** Whether its replay file, read and run, gives the same life. */
  readonly isReplayed: boolean
}

export interface Options {
  /** The project's folder. */
  readonly root: string
  /** After which a hunt is given up, and, for itself, shrinking. */
  readonly boundSeconds: number
  /** The last seed that is tried. */
  readonly seeds?: number
  readonly shrinks?: boolean
}

export type Result =
  | { readonly _tag: "Found"; readonly finding: Finding; readonly shrunk: Shrunk | undefined }
  | { readonly _tag: "Clean" }
  | { readonly _tag: "BoundExceeded" }
  /** The simulator itself, or what it runs, did not even come to an end. */
  | { readonly _tag: "Threw"; readonly message: string }

export interface Outcome {
  /** From the edit to the finding, compiling included and shrinking not. */
  readonly seconds: number
  readonly result: Result
}

/** `mutant` undefined: the program as it is. */
export const hunt = async (mutant: Mutant | undefined, options: Options): Promise<Outcome> => {
  const folder = mkdtempSync(join(tmpdir(), "raftcache-mutant-"))
  const beganMillis = performance.now()
  try {
    return await live(await bundle(mutant, options.root, folder), beganMillis, options)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const bundle = async (
  mutant: Mutant | undefined,
  root: string,
  folder: string
): Promise<string> => {
  const outfile = join(folder, "mutant.mjs")
  await build({
    entryPoints: [join(root, "test/mutants/HuntWorker.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
    plugins: mutant === undefined ? [] : [mutation(mutant, root)]
  })
  return outfile
}

const mutation = (mutant: Mutant, root: string): Plugin => ({
  name: "mutation",
  setup: ({ onLoad }) => {
    const path = join(root, "src", mutant.file)
    onLoad(
      { filter: /\.ts$/ },
      (file) =>
        file.path === path ? { contents: Mutants.edited(root, mutant), loader: "ts" } : undefined
    )
  }
})

const live = (
  script: string,
  beganMillis: number,
  { boundSeconds, seeds = Number.MAX_SAFE_INTEGER, shrinks = false }: Options
): Promise<Outcome> =>
  new Promise((resolve) => {
    const workerData: Task = { seeds, shrinks }
    const worker = new Worker(pathToFileURL(script), { workerData })
    const boundMillis = 1_000 * boundSeconds
    let found: Finding | undefined
    let seconds = 0
    const end = (result: Result): void => {
      clearTimeout(timer)
      if (found === undefined) seconds = (performance.now() - beganMillis) / 1_000
      resolve({ seconds, result })
      void worker.terminate()
    }
    const giveUp = (): void =>
      end(
        found === undefined
          ? { _tag: "BoundExceeded" }
          : { _tag: "Found", finding: found, shrunk: undefined }
      )
    let timer = setTimeout(giveUp, boundMillis)
    worker.on("error", (cause) => end({ _tag: "Threw", message: String(cause.stack) }))
    worker.on("message", (told: Told) => {
      if (told._tag === "Clean") return end(told)
      if (told._tag === "Shrunk") {
        return end({ _tag: "Found", finding: found!, shrunk: told.shrunk })
      }
      found = told.finding
      seconds = (performance.now() - beganMillis) / 1_000
      if (!shrinks) return giveUp()
      clearTimeout(timer)
      timer = setTimeout(giveUp, boundMillis)
    })
  })
