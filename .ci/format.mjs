/**
 * Formats the code with dprint and the settings of Effect's own repository. The plugin is WebAssembly
 * out of an npm package: no binary, no download, no install script.
 *
 *   node .ci/format.mjs           rewrites the files that need it
 *   node .ci/format.mjs --check   lists them instead, and exits with 1 if there are any
 */
import { createFromBuffer } from "@dprint/formatter"
import { getPath } from "@dprint/typescript"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const check = process.argv.includes("--check")

const formatter = createFromBuffer(readFileSync(getPath()))
formatter.setConfig({ indentWidth: 2, lineWidth: 100, newLineKind: "lf" }, {
  semiColons: "asi",
  quoteStyle: "alwaysDouble",
  trailingCommas: "never",
  operatorPosition: "maintain",
  "arrowFunction.useParentheses": "force"
})
for (const { message, propertyName } of formatter.getConfigDiagnostics()) {
  throw new Error(`${propertyName}: ${message}`)
}

const filesIn = (folder, recursive) =>
  readdirSync(join(root, folder), { recursive, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))

const format = (path) => {
  const before = readFileSync(path, "utf8")
  const after = formatter.formatText({ filePath: path, fileText: before })
  if (after === before) return false
  if (!check) writeFileSync(path, after)
  console.log(path.slice(root.length + 1))
  return true
}

const files = [
  filesIn(".", false),
  filesIn(".ci", true),
  filesIn("src", true),
  filesIn("test", true)
]
const changed = files.flat().sort().filter(format)
if (check && changed.length > 0) {
  console.error(`${changed.length} not formatted. Run: npm run format`)
  process.exitCode = 1
}
