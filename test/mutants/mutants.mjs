/**
 * `npm run mutants`: puts each of the bugs of test/mutants into the program, one at a time, and
 * lets the simulator find it. Exits with 1 if one survives.
 *
 *   npm run mutants -- [--only ID,ID] [--bound SECONDS] [--seeds N] [--workers N] [--shrink]
 *                      [--write]
 *
 * The rest of it is TypeScript, which Node 20 does not run: it is bundled first.
 */
import { build } from "esbuild"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

const root = join(import.meta.dirname, "../..")
const folder = mkdtempSync(join(tmpdir(), "raftcache-mutants-"))
const outfile = join(folder, "Main.mjs")

/** Not bundled, and not installed beside the bundle. */
const esbuild = {
  name: "esbuild",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^esbuild$/ }, () => ({
      path: import.meta.resolve("esbuild"),
      external: true
    }))
}

try {
  await build({
    entryPoints: [join(root, "test/mutants/Main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    plugins: [esbuild]
  })
  const { main } = await import(pathToFileURL(outfile).href)
  process.exitCode = await main(root, process.argv.slice(2))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
