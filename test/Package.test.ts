import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8"))

const run = (command: string, ...parameters: ReadonlyArray<string>): string =>
  execFileSync(command, parameters, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"]
  })

/** Without the build that packing begins with: other tests may be running the one that is there. */
const packed = (): Array<string> => {
  const [{ files }] = JSON.parse(run("npm", "pack", "--dry-run", "--json", "--ignore-scripts"))
  return files.map((file: { readonly path: string }) => file.path)
}

describe("the package (built by npm run build)", () => {
  it("holds the library, the command, their sources and the papers, and nothing else", () => {
    const files = packed()
    assert.includeMembers(files, [
      "dist/index.d.ts",
      "dist/index.js",
      "dist/main.js",
      "dist/raft/index.d.ts",
      "dist/raft/index.js",
      "dist/sim/index.d.ts",
      "dist/sim/index.js",
      "src/index.ts"
    ])
    assert.deepStrictEqual(
      files.filter((path) => !/^(dist|src)\//.test(path)).sort(),
      ["CHANGELOG.md", "LICENSE", "README.md", "package.json"]
    )
  })

  it("asks its user for effect and for no other package", () => {
    assert.deepStrictEqual(Object.keys(manifest.peerDependencies), ["effect"])
    assert.notProperty(manifest, "dependencies")
  })

  it("is imported by its three names", () => {
    const script = `
      const { RaftCache } = await import("raftcache")
      const { Raft } = await import("raftcache/raft")
      const { Check } = await import("raftcache/sim")
      console.log(typeof RaftCache.layer, typeof Raft.step, typeof Check.check)`
    const printed = run(process.execPath, "--input-type=module", "--eval", script)
    assert.strictEqual(printed.trim(), "function function function")
  })

  it("tells its version on the command line", () => {
    assert.include(run(process.execPath, manifest.bin.raftcache, "--version"), manifest.version)
  })
})
