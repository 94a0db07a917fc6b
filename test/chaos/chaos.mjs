/**
 * `npm run chaos`: real processes, real TCP, real disks, and everything that goes wrong with them,
 * under clients whose histories must be linearizable. Exits with 1 if one is not.
 *
 *   npm run chaos -- [--short] [--seed N] [--operations N] [--json] [--lie] [--proxies]
 *
 * `--operations` are to be acknowledged by each of the two clusters. `--lie` falsifies one answer:
 * then it must fail. `--proxies` is how it runs where namespaces are not permitted: on the loopback.
 *
 * It runs in namespaces of its own (unshare): a network that nobody else sees, mounts that nobody
 * else sees, and processes that the kernel ends with the first of them, however that ends. No
 * privileges are needed where unprivileged user namespaces are permitted.
 */
import { build } from "esbuild"
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")
const NAMESPACES = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork"]
const unshare = [...NAMESPACES, "--kill-child", "--mount-proc"]

const PROXIES = "--proxies"

const isPermitted = () =>
  spawnSync("unshare", [...unshare, "ip", "link", "add", "b0", "type", "bridge"]).status === 0

/** Resolves to the exit code. */
const run = (signalToEnd, program, words) =>
  new Promise((resolve) => {
    const child = spawn(program, words, { stdio: "inherit" })
    // Ended by its id: the namespaces, and all that lives in them, go with it.
    const end = () => child.kill(signalToEnd)
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, end)
    child.once("error", () => resolve(1))
    child.once("exit", (code) => resolve(code ?? 1))
  })

const folder = mkdtempSync(join(tmpdir(), "raftcache-chaos-"))
try {
  const outfile = join(folder, "Main.mjs")
  await build({
    entryPoints: [join(root, "test/chaos/Main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning"
  })
  const words = [outfile, join(root, "dist/main.js"), folder, ...process.argv.slice(2)]
  const hasNamespaces = !words.includes(PROXIES) && isPermitted()
  if (!hasNamespaces) console.error("chaos: without namespaces, by proxies on the loopback")
  process.exitCode = hasNamespaces
    ? await run("SIGKILL", "unshare", [...unshare, process.execPath, ...words])
    : await run("SIGTERM", process.execPath, [...words.filter((each) => each !== PROXIES), PROXIES])
} finally {
  rmSync(folder, { recursive: true, force: true })
}
