/**
 * Processes of the benchmark: started here, ended by their ids when it ends, however it ends.
 */
import { execFile, spawn } from "node:child_process"
import { randomInt } from "node:crypto"
import { createServer } from "node:net"
import { promisify } from "node:util"

const running = new Set()

process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1))

/** A process that goes on; `ended` resolves when it does not. `errors` is where its errors go. */
export const start = (program, words, errors = "inherit") => {
  const child = spawn(program, words, { stdio: ["ignore", "ignore", errors] })
  running.add(child)
  const ended = new Promise((resolve) => {
    child.once("error", resolve)
    child.once("exit", resolve)
  })
  void ended.then(() => running.delete(child))
  return {
    pid: child.pid,
    ended,
    end: (signal) => {
      child.kill(signal)
      return ended
    }
  }
}

/** Names and values as the words of a command line. */
export const flags = (values) =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)])

/** Runs a program to its end; what it said on its standard output. */
export const run = async (program, words) => {
  const { stdout } = await promisify(execFile)(program, words.map(String))
  return stdout
}

/** What a program says to these words, or undefined if it is not installed. */
export const ask = (program, words) => run(program, words).catch(() => undefined)

/**
 * Below those that the system gives to whoever connects somewhere: one of these might take the port
 * of a node that is down.
 */
const PORTS_FROM = 20_000
const PORTS_COUNT = 10_000

let nextPort = randomInt(PORTS_COUNT)

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })

/** Ports that nobody listens on. */
export const freePorts = async (count) => {
  const ports = []
  for (let tried = 0; ports.length < count; tried++) {
    if (tried === PORTS_COUNT) throw new Error(`no ${count} ports are free`)
    const port = PORTS_FROM + nextPort++ % PORTS_COUNT
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

/** Asks again and again until the answer is not undefined. */
export const eventually = async (question) => {
  const endAt = performance.now() + 30_000
  while (performance.now() < endAt) {
    const answer = await question()
    if (answer !== undefined) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error("it did not come to be in 30 seconds")
}
