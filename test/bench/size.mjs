/**
 * `npm run bench:size`: what keys take in memory, measured, and what the store counts for them
 * (src/kv/Size.ts), for several kinds of keys. Each kind is in a process of its own; the commands
 * come as they do from the log.
 *
 *   npm run bench:size -- [--keys N]
 */
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: { keys: { type: "string", default: "1000000" }, kind: { type: "string" } }
})
const count = Number(values.keys)

/** The words that make the key with this number, as often as there are keys. */
const KINDS = {
  "string of 8 bytes": (at) => ["set", `key:${at}`, "v".repeat(8)],
  "string of 64 bytes": (at) => ["set", `key:${at}`, "v".repeat(64)],
  "string of 256 bytes": (at) => ["set", `key:${at}`, "v".repeat(256)],
  "string of 1,024 bytes": (at) => ["set", `key:${at}`, "v".repeat(1024)],
  "string of 256 bytes with a time": (at) => ["set", `key:${at}`, "v".repeat(256), "px", "9999"],
  "hash of 1 field of 8 bytes": (at) => ["hset", `key:${at}`, "field", "v".repeat(8)],
  "hash of 10 fields of 8 bytes": (at) => [
    "hset",
    `key:${at}`,
    ...Array.from({ length: 10 }, (_, field) => [`field:${field}`, "v".repeat(8)]).flat()
  ],
  "one hash, a field of 8 bytes each": (at) => ["hset", "key", `field:${at}`, "v".repeat(8)]
}

const src = join(import.meta.dirname, "../../src")

/** The store and what leads to it, as one module. */
const load = async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * as Command from "./kv/Command.js"
        export * as Machine from "./kv/Machine.js"
        export * as Proposal from "./wire/Proposal.js"
        export { Store } from "./kv/Store.js"`,
      resolveDir: src
    },
    bundle: true,
    format: "esm",
    platform: "node",
    write: false
  })
  return import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`
  )
}

const used = () => {
  for (let round = 0; round < 4; round++) globalThis.gc()
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage()
  return { counted: heapUsed + arrayBuffers, rss }
}

const measure = async (kind) => {
  const { Command, Machine, Proposal, Store } = await load()
  const store = new Store()
  const session = { client: "0123456789abcdef", epoch: 1 }
  const before = used()
  for (let at = 1; at <= count; at++) {
    const command = Command.encodeCall(Command.words(...KINDS[kind](at)))
    const entry = Proposal.encode({ ...session, sequence: at, command })
    Machine.apply(store, Proposal.decode(entry).command, at)
  }
  const after = used()
  const each = (bytes) => String(Math.round(bytes / count)).padStart(8)
  console.log(
    `${kind.padEnd(36)}${each(after.counted - before.counted)}${each(after.rss - before.rss)}` +
      each(store.usedBytes)
  )
}

if (values.kind !== undefined) {
  await measure(values.kind)
} else {
  console.log(`bytes for each of ${count} keys      heap, buffers     rss counted`)
  for (const kind of Object.keys(KINDS)) {
    const self = fileURLToPath(import.meta.url)
    const args = ["--expose-gc", "--max-old-space-size=8192", self, "--keys", values.keys]
    spawnSync(process.execPath, [...args, "--kind", kind], { stdio: "inherit" })
  }
}
