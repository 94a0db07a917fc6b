import { expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { VERSION } from "../../src/live/Version.js"

it("the version that the servers tell is the package's", () => {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8")
  expect(JSON.parse(manifest)).toHaveProperty("version", VERSION)
})
