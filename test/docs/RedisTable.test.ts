import { expect, it } from "@effect/vitest"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as RedisTable from "./RedisTable.js"

/** `npm run docs` writes the pages instead of checking them. */
const writes = process.env["RAFTCACHE_DOCS_WRITE"] === "1"

it.each([
  ["docs/redis.md", [RedisTable.commands(), RedisTable.missing()]],
  ["README.md", [RedisTable.overview()]]
])("%s tells of the commands that there are: if it does not, npm run docs", (name, tables) => {
  const path = join(import.meta.dirname, "../..", name)
  const rendered = RedisTable.render(readFileSync(path, "utf8"))
  if (writes) writeFileSync(path, rendered)
  expect(readFileSync(path, "utf8")).toBe(rendered)
  for (const table of tables) expect(rendered).toContain(table)
})
