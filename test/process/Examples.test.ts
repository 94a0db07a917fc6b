/**
 * The programs of docs/examples, which are written for Redis: as they are, against Redis, and
 * against a cluster whose leader is killed while they run. Each ends with its own verdict; what can
 * be seen of it from outside is looked at from outside, too.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import type { TestContext } from "vitest"
import { cleanUp, Cluster, freePorts, temporaryFolder } from "./Cluster.js"
import { Program } from "./Program.js"
import { RespClient } from "./RespClient.js"
import * as Tool from "./Tool.js"

/** As the rate limiter of the example has it. */
const LIMIT = 50

/** What a program does before and after a kill: it counts aloud by twenties. */
const A_WHILE = 20

afterAll(cleanUp)

/** A program of docs/examples at work. */
class Example {
  readonly #program: Program

  constructor(name: string, ports: ReadonlyArray<number>, ...more: ReadonlyArray<string>) {
    const addresses = ports.map((port) => `redis://127.0.0.1:${port}`).join(",")
    const script = fileURLToPath(new URL(`../../docs/examples/${name}.mjs`, import.meta.url))
    this.#program = new Program([addresses, ...more], { script })
  }

  /** Resolves when it has done some more. */
  async more(): Promise<void> {
    const counts = this.#program.output.match(/^\d+(?= )/gm)
    await this.#program.said(new RegExp(`^${Number(counts?.at(-1) ?? 0) + A_WHILE} `, "m"))
  }

  /** Has it come to its end; what it has said. */
  async end(): Promise<string> {
    const { code } = await this.#program.signal("SIGINT")
    const { output } = this.#program
    assert.strictEqual(code, 0, output)
    assert.match(output, /^right: /m)
    return output
  }
}

interface Servers {
  readonly ports: ReadonlyArray<number>
  /** Of one that is not disturbed. */
  readonly connect: () => Promise<RespClient>
  /** Does what the programs should not notice. */
  readonly disturb: () => Promise<void>
}

const startRedis = async (context: TestContext): Promise<Servers> => {
  Tool.need(context, "redis-server")
  const [port] = await freePorts(1)
  const words = ["--port", String(port), "--save", "", "--appendonly", "no"]
  const program = new Program(words, { command: "redis-server", workingFolder: temporaryFolder() })
  await program.said(/Ready to accept connections/)
  return { ports: [port!], connect: () => RespClient.connect(port!), disturb: async () => {} }
}

/** One for all tests, each of which kills its leader. */
const shared: { cluster?: Promise<Cluster> } = {}

const startCluster = async (): Promise<Servers> => {
  const cluster = await (shared.cluster ??= Cluster.start())
  await Promise.all(cluster.nodes.map((node) => node.running === undefined ? node.start() : null))
  const leader = await cluster.leader()
  return {
    ports: cluster.nodes.map(({ redisPort }) => redisPort),
    connect: () => cluster.others(leader)[0].connect(),
    disturb: async () => void await leader.end("SIGKILL")
  }
}

/** Runs them all at once, with a disturbance in the middle; what they said. */
const run = async (
  { disturb, ports }: Servers,
  ...programs: ReadonlyArray<[string, ...string[]]>
) => {
  const examples = programs.map(([name, ...more]) => new Example(name, ports, ...more))
  await Promise.all(examples.map((example) => example.more()))
  await disturb()
  await Promise.all(examples.map((example) => example.more()))
  return Promise.all(examples.map((example) => example.end()))
}

const numbersIn = (output: string, pattern: RegExp): ReadonlyArray<number> =>
  pattern.exec(output)!.slice(1).map(Number)

describe.each([
  ["Redis", startRedis, ["watch"]],
  ["a cluster whose leader is killed", startCluster, ["watch", "delex"]]
])("against %s", (_, start, forms) => {
  it("no session is lost that was saved, and none comes back", async (context) => {
    const servers = await start(context)
    const [output] = await run(servers, ["sessions"])
    const [saved] = numbersIn(output!, /(\d+) sessions saved/)
    const client = await servers.connect()
    assert.lengthOf(await client.send("KEYS", "session:*") as ReadonlyArray<string>, saved!)
  })

  it("two rate limiters let through together no more than the limit", async (context) => {
    const outputs = await run(await start(context), ["limiter"], ["limiter"])
    const counts = new Map<string, number>()
    for (const [, window, count] of outputs.join("").matchAll(/^window (\d+): (\d+) let/gm)) {
      counts.set(window!, (counts.get(window!) ?? 0) + Number(count))
    }
    assert.isAbove(counts.size, 0)
    for (const [window, count] of counts) assert.isAtMost(count, LIMIT, window)
  })

  it.for(forms)("a lock given back by %s never has two holders", async (form, context) => {
    const servers = await start(context)
    const [output] = await run(servers, ["lock", form])
    const [paid, unknown] = numbersIn(output!, /(\d+) paid, (\d+) unknown/)
    const balance = Number(await (await servers.connect()).send("GET", "balance"))
    assert.isAtLeast(balance, paid!)
    assert.isAtMost(balance, paid! + unknown!)
  })

  it("a near cache shows nothing old", async (context) => {
    const [output] = await run(await start(context), ["cache"])
    for (const hits of numbersIn(output!, /(\d+) and (\d+) answers/)) assert.isAbove(hits, 0)
  })
})
