import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Demo from "../../src/cli/Demo.js"
import * as DemoStory from "../../src/cli/DemoStory.js"

const simulator = fileURLToPath(new URL("../../src/sim/", import.meta.url))

/** What a whole story has, each after the one before. */
const whole = [
  /n\d is elected: it leads term 1\n/,
  /followers of n\d in term 1: n\d/,
  /set color "blue"; n\d answers client 1: OK/,
  /mget color visits is answered \["blue", "1"\] by n1, n2, n3/,
  /all nodes have the same log, and have applied all \d+ entries/,
  /n\d is cut off\n/,
  /n\d no longer leads term 1: no majority answers\n/,
  /n\d is elected: it leads term (\d+)\n/,
  /client 6 is told by n\d: the outcome is not known/,
  /cut off, answered no write and no read; still waiting: incrby visits 2\n/,
  /the others had a leader after \d+ ms, and acknowledged a write after \d+ ms\n/,
  /n\d is connected again\n/,
  /n\d drops entr.* of its log, never committed\n/,
  /n\d answers client 9: 3 /,
  /mget color visits is answered \["green", "3"\] by n1, n2, n3\n/,
  /all nodes have the same log, and have applied all \d+ entries/,
  /6 of 6 requests are done; .* with no elections\n/,
  /Held after each of \d+ events: one-leader-per-term/,
  /n1 .* state ([0-9a-f]{16})\nn2 .* state \1\nn3 .* state \1\n/
]

const texts = Array.from(
  { length: 10 },
  (_, at) => [at + 1, Demo.tell(Demo.live(at + 1, 3))] as const
)

describe("raftcache demo", () => {
  it.each(texts)("tells a whole story of seed %i, on lines that fit", (_, text) => {
    let rest = text
    for (const part of whole) {
      const found = part.exec(rest)
      assert.isNotNull(found, `${part} is not in what follows:\n${rest}`)
      rest = rest.slice(found!.index + found![0].length)
    }
    for (const line of text.split("\n")) assert.isAtMost(line.length, DemoStory.COLUMNS_LIMIT, line)
    assert.isAtMost(text.split("\n").length, 60)
  })

  it("tells the same of the same seed, and something else of another", () => {
    assert.strictEqual(Demo.tell(Demo.live(1, 3)), texts[0]![1])
    assert.notStrictEqual(texts[0]![1], texts[1]![1])
  })

  it("tells of five nodes, too, and how to see them again", () => {
    const text = Demo.tell(Demo.live(2, 5))
    assert.match(text, /by n1, n2, n3, n4, n5\n/)
    assert.include(text, "raftcache demo --seed 2 --nodes 5 ")
  })

  it("says what did not happen: no election, no write, logs that differ", () => {
    const { digests, report } = Demo.live(1, 3)
    const cut = report.trace.findIndex(({ _tag }) => _tag === "Fault")
    const healed = report.trace.findIndex((each) => each._tag === "Fault" && each.phase === "ends")
    const lonely = report.trace.filter((event, at) =>
      at <= cut || at >= healed || event._tag === "Invoked"
    ).slice(0, cut + 8)
    const text = DemoStory.tell({ ...report, trace: lonely }, digests, "")
    assert.include(text, "=> the others elected nobody")
    assert.notInclude(text, "is elected: it leads term 2")
    const applied = report.trace.findIndex((each) =>
      each._tag === "State" && each.state.applied > 1
    )
    const early = DemoStory.tell(
      { ...report, trace: report.trace.slice(0, applied + 1) },
      digests,
      ""
    )
    assert.include(early, "=> not all logs are equal; entries applied: n1 ")
    assert.include(early, "=> nothing was cut off")
  })

  it("says which promise was broken instead of those that were kept", () => {
    const { digests, report } = Demo.live(1, 3)
    const violation = { oracle: "durable", message: "n1 lost it", atMicros: 7, event: 12 }
    const text = DemoStory.tell({ ...report, violation }, digests, "")
    assert.include(text, "Broken at event 12: durable: n1 lost it")
    assert.notInclude(text, "Held after")
  })

  it("names only promises that the simulator checks", () => {
    const source = readdirSync(simulator)
      .filter((file) => !file.startsWith("Story"))
      .map((file) => readFileSync(simulator + file, "utf8")).join("")
    for (const name of [...DemoStory.ALWAYS, ...DemoStory.IN_THE_END]) {
      assert.include(source, `"${name}"`)
    }
  })
})
