/**
 * Programs of others that talk to a cluster, and what only some machines allow. A test that cannot
 * run here says so aloud and is skipped, so that nobody takes it for passed.
 */
import { spawn, spawnSync } from "node:child_process"
import type { TestContext } from "vitest"

export const skip = (context: TestContext, why: string): never => {
  console.warn(`SKIPPED: ${context.task.name}: ${why}`)
  return context.skip(why)
}

const isInstalled = (program: string): boolean =>
  spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined

/** Skips the test unless the program is installed. */
export const need = (context: TestContext, program: string): void => {
  if (!isInstalled(program)) skip(context, `${program} is not installed`)
}

export interface Ran {
  readonly code: number | null
  /** Both streams. */
  readonly output: string
}

/** Runs a program to its end. Asynchronous: the test goes on reading what its own processes say. */
export const run = (program: string, words: ReadonlyArray<string>): Promise<Ran> =>
  new Promise((resolve, reject) => {
    let output = ""
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] })
    const said = (text: string): void => void (output += text)
    child.stdout.setEncoding("utf8").on("data", said)
    child.stderr.setEncoding("utf8").on("data", said)
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, output }))
  })
