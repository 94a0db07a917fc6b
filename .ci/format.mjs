/**
 * Formats the code with dprint and the settings of Effect's own repository. The plugin is
 * WebAssembly out of an npm package: no binary, no download, no install script.
 *
 *   node .ci/format.mjs [path...]           rewrites the files that need it
 *   node .ci/format.mjs --check [path...]   lists them instead, and exits with 1 if there are any
 */
import { createFromBuffer } from "@dprint/formatter"
import { getPath } from "@dprint/typescript"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { parseArgs } from "node:util"

const root = join(import.meta.dirname, "..")
const { positionals: paths, values: { check } } = parseArgs({
  allowPositionals: true,
  options: { check: { type: "boolean" } }
})

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
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))

const isChosen = (file) =>
  paths.length === 0 || paths.some((path) => file === path || file.startsWith(`${path}/`))

const isMisformatted = (file) => {
  const before = readFileSync(join(root, file), "utf8")
  const after = formatter.formatText({ filePath: file, fileText: before })
  if (after === before) return false
  if (!check) writeFileSync(join(root, file), after)
  console.log(file)
  return true
}

const files = [
  filesIn(".", false),
  filesIn(".ci", true),
  filesIn("docs", true),
  filesIn("src", true),
  filesIn("test", true)
]
const misformatted = files.flat().filter(isChosen).sort().filter(isMisformatted)
if (check && misformatted.length > 0) {
  console.error(`Not formatted: ${misformatted.length} files. Run: npm run format`)
  process.exitCode = 1
}
