/**
 * The built program as a process of its own, with what it says and how it ends. Whatever happens in
 * a test, `endAll` after it leaves no process behind.
 */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url))

export interface Ending {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Options {
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>
  readonly workingFolder?: string
  /** Another script than the built program. */
  readonly script?: string
  /** Another program altogether. */
  readonly command?: string
}

const running = new Set<Program>()

/** Ends every process that a test has started and not ended. */
export const endAll = async (): Promise<void> => {
  await Promise.all([...running].map((program) => program.signal("SIGKILL")))
}

// Last resort, for a run that is broken off in the middle of a test.
process.once("exit", () => {
  for (const program of running) void program.signal("SIGKILL")
})

export class Program {
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  readonly #listeners = new Set<() => void>()
  #output = ""
  #standardOutput = ""
  #hasEnded = false

  /** Starts `raftcache` with these words on its command line. */
  constructor(words: ReadonlyArray<string>, options: Options = {}) {
    const { command = process.execPath, script = MAIN } = options
    if (!existsSync(script)) throw new Error(`there is no ${script}: run "npm run build" first`)
    const given = options.command === undefined ? [script, ...words] : words
    this.#child = spawn(command, given, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.environment },
      ...(options.workingFolder === undefined ? {} : { cwd: options.workingFolder })
    })
    running.add(this)
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#standardOutput += text
      this.#said(text)
    })
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#said(text))
    this.ended = new Promise((resolve) =>
      // "close" and not "exit": by then everything it said has arrived.
      this.#child.once("close", (code, signal) => {
        running.delete(this)
        this.#hasEnded = true
        this.#said("")
        resolve({ code, signal })
      })
    )
  }

  /** What it has said so far, on both streams. */
  get output(): string {
    return this.#output
  }

  get standardOutput(): string {
    return this.#standardOutput
  }

  /** Resolves when its output, from the start on, matches; rejects if it ends without. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(this.#output)
        if (found === null && !this.#hasEnded) return
        this.#listeners.delete(look)
        if (found !== null) resolve(found)
        else reject(new Error(`it ended without saying ${pattern}:\n${this.#output}`))
      }
      this.#listeners.add(look)
      look()
    })
  }

  /** Sends the signal; resolves when the process has ended. */
  signal(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): Promise<Ending> {
    this.#child.kill(signal)
    return this.ended
  }

  /** It stands still, sockets open, until `resume`. */
  pause(): void {
    this.#child.kill("SIGSTOP")
  }

  resume(): void {
    this.#child.kill("SIGCONT")
  }

  #said(text: string): void {
    this.#output += text
    for (const listener of this.#listeners) listener()
  }
}
