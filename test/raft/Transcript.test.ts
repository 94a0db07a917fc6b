/**
 * The transcripts are the specification of how nodes act together: read them. After a change that
 * is meant to be seen in them, `npx vitest run -u test/raft/Transcript.test.ts` renders them anew,
 * and the difference is to be read line by line.
 */
import { describe, expect, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Transcript from "./Transcript.js"

const folder = fileURLToPath(new URL("./transcripts/", import.meta.url))

describe("the transcript", () => {
  it.each(readdirSync(folder).sort())("%s", async (file) => {
    const path = `${folder}${file}`
    await expect(Transcript.render(readFileSync(path, "utf8"))).toMatchFileSnapshot(path)
  })
})
