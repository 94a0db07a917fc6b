/**
 * Builds dist/: every module as JavaScript with declarations and source maps, for those who import
 * the library and bring their own `effect`; and dist/main.js, the command, bundled so that it needs
 * nothing but Node and starts several times faster than its modules would. What it loads only to run
 * a cluster is a chunk of its own in dist/bundle, and so is the simulator, next to the script of its
 * threads: SimPool.ts looks for that beside itself.
 *
 * It builds aside and swaps at the end: a failed build leaves the last good one, no module outlives
 * its source, and nobody ever meets half of a dist/.
 */
import { buildSync } from "esbuild"
import { spawnSync } from "node:child_process"
import { chmodSync, existsSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const dist = join(root, "dist")
// Beside dist/ and as deep, so that the source maps find src/ after the swap.
const aside = `${dist}.partial-${process.pid}`
const previous = `${dist}.previous-${process.pid}`

const compile = () => {
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  const project = join(root, ".ci/tsconfig.build.json")
  const { status } = spawnSync(process.execPath, [tsc, "-p", project, "--outDir", aside], {
    stdio: "inherit"
  })
  return status === 0
}

const bundle = () =>
  buildSync({
    entryPoints: {
      "main": join(root, "src/main.ts"),
      "bundle/SimWorker": join(root, "src/cli/SimWorker.ts")
    },
    outdir: aside,
    chunkNames: "bundle/[name]-[hash]",
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "warning"
  })

const swap = () => {
  chmodSync(join(aside, "main.js"), 0o755)
  // These describe the main.js that the bundle replaced.
  for (const stale of ["main.js.map", "main.d.ts", "main.d.ts.map"]) rmSync(join(aside, stale))
  if (existsSync(dist)) renameSync(dist, previous)
  renameSync(aside, dist)
}

try {
  if (compile()) {
    bundle()
    swap()
  } else {
    process.exitCode = 1
  }
} finally {
  rmSync(aside, { recursive: true, force: true })
  rmSync(previous, { recursive: true, force: true })
}
