import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, assert, describe, it } from "vitest"
import { cleanUp, freePorts, temporaryFolder } from "./Cluster.js"
import { Program } from "./Program.js"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** The example as the README prints it, on ports that are free here. */
const example = async (): Promise<string> => {
  const [, code] =
    /```js\n(\/\/ app\.mjs[^]*?)```/.exec(readFileSync(`${root}README.md`, "utf8")) ??
      assert.fail("README.md has no example that begins with // app.mjs")
  const ports = await freePorts(3)
  return ports.reduce((text, port, i) => text.replace(`:720${i + 1}`, `:${port}`), code!)
}

/** What `npm install` would make of the packed project, without asking a registry for effect. */
const install = (folder: string): void => {
  const modules = join(folder, "node_modules")
  mkdirSync(modules)
  const packing = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder]
  const packed = execFileSync("npm", packing, { cwd: root, encoding: "utf8", stdio: "pipe" })
  const [{ filename }] = JSON.parse(packed)
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", modules])
  renameSync(join(modules, "package"), join(modules, "raftcache"))
  symlinkSync(`${root}node_modules/effect`, join(modules, "effect"))
}

describe("the README's example, with the packed project in an empty folder", () => {
  afterEach(cleanUp)

  it("is a cluster of three processes that count together", async () => {
    const folder = await temporaryFolder()
    install(folder)
    const script = join(folder, "app.mjs")
    writeFileSync(script, await example())
    const programs = ["n1", "n2", "n3"].map((id) =>
      new Program([id], { script, workingFolder: folder })
    )
    const visits = await Promise.all(
      programs.map(async (program) => Number((await program.said(/made visit (\d)/))[1]))
    )
    assert.sameMembers(visits, [1, 2, 3])
  })
})
