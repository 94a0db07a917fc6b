import { expect, it } from "@effect/vitest"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as RedisTable from "./RedisTable.js"

const path = join(import.meta.dirname, "../../docs/redis.md")

/** `npm run docs` writes the page instead of checking it. */
const writes = process.env["RAFTCACHE_DOCS_WRITE"] === "1"

it("docs/redis.md tells of the commands that there are: if it does not, npm run docs", () => {
  const rendered = RedisTable.render(readFileSync(path, "utf8"))
  if (writes) writeFileSync(path, rendered)
  expect(readFileSync(path, "utf8")).toBe(rendered)
  expect(rendered).toContain(RedisTable.commands())
  expect(rendered).toContain(RedisTable.missing())
})
