/**
 * `raftcache sim` as it is built: its threads, its signals, its exit codes.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { cleanUp, temporaryFolder } from "./Cluster.js"
import { Program } from "./Program.js"

afterEach(cleanUp)

const start = (words: string, workingFolder = temporaryFolder()): Program =>
  new Program(["sim", ...words.split(" ")], { workingFolder })

/** Runs it to its end. */
const simulate = async (words: string, workingFolder?: string) => {
  const program = start(words, workingFolder)
  const { code } = await program.ended
  const { output, standardOutput } = program
  return { code, output, standardOutput }
}

interface Totals {
  readonly seeds: number
  readonly failed: number
  readonly wallMs: number
  readonly traceHash: string
}

const totals = (standardOutput: string): Totals =>
  JSON.parse(standardOutput.trimEnd().split("\n").at(-1)!)

describe("raftcache sim (built by npm run build)", () => {
  it("gives one seed one life, in every process and in every thread", async () => {
    const inPlace = await simulate("--seeds 1..2 --workers 1 --json")
    const inThreads = await simulate("--seeds 1..2 --workers 2 --twice --json")
    assert.strictEqual(inPlace.code, 0, inPlace.output)
    const { wallMs: _, ...expected } = totals(inPlace.standardOutput)
    const { wallMs: __, ...found } = totals(inThreads.standardOutput)
    assert.deepStrictEqual(found, expected)
    assert.include(found, { seeds: 2, failed: 0 })
  })

  it("tells what was decided about a single life, and draws it", async () => {
    const folder = temporaryFolder()
    const { code, output } = await simulate("--seed 2 --nodes 3 --trace life.html", folder)
    assert.strictEqual(code, 0, output)
    assert.match(output, /^seed 2: 3 nodes\n/)
    assert.match(output, /^1 seed, none failed, in /m)
    assert.include(readFileSync(join(folder, "life.html"), "utf8"), "seed 2")
  })

  it("ends a soak at a signal with what it has found by then", async () => {
    const program = start("--minutes 10 --nodes 1 --json")
    await program.said(/(?<!\d)[1-9][\d,]* seeds, .* of 10 min/)
    assert.deepStrictEqual(await program.signal("SIGINT"), { code: 0, signal: null })
    assert.isAbove(totals(program.standardOutput).seeds, 0)
  })

  it.each([
    ["--seed all", /^raftcache: --seed: .*\nsee raftcache --help\n$/],
    ["--replay none.json", /^raftcache: --replay: none.json: .*no such file.*\nsee raftcache/],
    ["--seed 1 --minutes 1", /--seed and --minutes do not go together/]
  ])("refuses with exit code 2: %s", async (words, why) => {
    const { code, output } = await simulate(words)
    assert.strictEqual(code, 2, output)
    assert.match(output, why)
  })

  it("fails with exit code 1 when it cannot write what it was asked for", async () => {
    const { code, output } = await simulate("--seed 1 --nodes 1 --trace none/life.html")
    assert.strictEqual(code, 1)
    assert.match(output, /^raftcache: cannot write none\/life.html: /m)
  })

  it("is not loaded by a node that starts", () => {
    const dist = fileURLToPath(new URL("../../dist", import.meta.url))
    const texts = new Map<string, string>()
    const load = (file: string): void => {
      if (texts.has(file)) return
      const text = readFileSync(file, "utf8")
      texts.set(file, text)
      for (const [, found] of text.matchAll(/(?:from |^import )"(\.[^"]+)"/gm)) {
        load(resolve(dirname(file), found!))
      }
    }
    load(join(dist, "main.js"))
    const program = /import\("(\.\/bundle\/Program-[^"]+)"\)/.exec([...texts.values()].join())
    load(join(dist, program![1]!))
    const all = [...texts.values()].join()
    assert.include(all, "--peers LIST")
    assert.notInclude(all, "figure 8: old-term entry")
    assert.isTrue(existsSync(join(dist, "bundle/SimWorker.js")))
  })
})
