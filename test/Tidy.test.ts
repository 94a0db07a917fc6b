/**
 * The code checked as text: rules of this project that no compiler knows. Each rule comes with a
 * piece of code that breaks it, so that a rule which no longer sees anything fails as well.
 */
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, posix, sep } from "node:path"
import { fileURLToPath } from "node:url"

const FILE_LINES = 350
const FUNCTION_LINES = 70
const LINE_COLUMNS = 100

interface Source {
  /** Within src/, with forward slashes. */
  readonly path: string
  /** The folder directly below src/, or "" for the files beside the folders. */
  readonly floor: string
  readonly lines: ReadonlyArray<string>
  /** The same lines without what stands in comments, strings and regular expressions. */
  readonly code: ReadonlyArray<string>
}

const QUOTED = new RegExp(
  [
    /\/\*[^]*?\*\/|\/\/[^\n]*/,
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/,
    /`(?:\\.|\$\{[^{}`]*\}|[^`\\])*`/,
    /(?<=[(,=:[!&|?{};\n]\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/
  ].map((each) => each.source).join("|"),
  "g"
)

/** What a template inserts is code, all else of it is not. */
const blank = (quoted: string): string =>
  quoted.startsWith("`")
    ? (quoted.match(/\$\{[^{}`]*\}|\n/g) ?? []).join(" ")
    : quoted.replace(/[^\n]/g, "")

const source = (path: string, text: string): Source => ({
  path,
  floor: path.includes("/") ? path.slice(0, path.indexOf("/")) : "",
  lines: text.split("\n"),
  code: text.replace(QUOTED, blank).split("\n")
})

type Rule = (source: Source) => ReadonlyArray<string>

/** One complaint for every line that `found` has something to say about. */
const everyLine = (
  lines: (source: Source) => ReadonlyArray<string>,
  found: (line: string, source: Source) => string | undefined
): Rule =>
(source) =>
  lines(source).flatMap((line, index) => {
    const complaint = found(line, source)
    return complaint === undefined ? [] : [`src/${source.path}:${index + 1}: ${complaint}`]
  })

const mention = (pattern: RegExp) => (line: string): string | undefined => pattern.exec(line)?.[0]

/** The floors, and whose modules each may import besides its own. The two worlds do not meet. */
const below: Readonly<Record<string, ReadonlyArray<string>>> = {
  raft: [],
  kv: [],
  wire: ["raft", "kv"],
  service: ["raft", "kv", "wire"],
  node: ["raft", "kv", "wire", "service"],
  live: ["raft", "kv", "wire", "service", "node"],
  sim: ["raft", "kv", "wire", "service", "node"]
}

/** The packages of each floor. What is not listed, the command, is bundled and may use any. */
const packages: Readonly<Record<string, RegExp>> = {
  raft: /^$/,
  kv: /^$/,
  wire: /^node:zlib$/,
  service: /^effect$/,
  node: /^(effect|node:zlib)$/,
  sim: /^(effect|node:zlib)$/,
  live: /^(effect|node:.*)$/,
  "": /^(effect|node:.*)$/
}

const imported = (line: string): string | undefined =>
  /^(?:(?:import|export)\b.*|\}) from "([^"]+)"|\bimport\(?\s*"([^"]+)"/.exec(line)
    ?.slice(1).find((each) => each !== undefined)

const importsGoDown: Rule = everyLine(({ lines }) => lines, (line, { floor, path }) => {
  const specifier = imported(line)
  const allowed = below[floor]
  if (specifier === undefined || !specifier.startsWith(".") || allowed === undefined) return
  const target = posix.join(posix.dirname(path), specifier).split("/")
  const targetFloor = target.length === 1 ? "the top" : target[0] ?? ""
  if (targetFloor === floor || allowed.includes(targetFloor)) return
  return `${floor} must not import from ${targetFloor}`
})

const packagesAreFew: Rule = everyLine(({ lines }) => lines, (line, { floor, path }) => {
  const specifier = imported(line)
  const allowed = path === "main.ts" ? undefined : packages[floor]
  if (specifier === undefined || specifier.startsWith(".") || allowed === undefined) return
  return allowed.test(specifier) ? undefined : `${specifier} is not for this floor`
})

const isWorldly = ({ floor, path }: Source): boolean =>
  floor === "live" || floor === "cli" || path === "main.ts"

const WORLD = new RegExp(
  [
    /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.|\bconsole\./,
    /\bMath\.random\b|\bcrypto\.(randomUUID|getRandomValues)\b/,
    /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b|\bnew Promise\b/,
    /\bEffect\.(promise|tryPromise|never)\b/
  ].map((each) => each.source).join("|")
)

/** Leans on the formatter: a function's last line begins with `}` in the column of its first. */
const functionsAreShort: Rule = ({ code, path }) =>
  code.flatMap((line, first) => {
    if (!/(=>|\bfunction\b.*|\)|\): [^=]+) \{$/.test(line)) return []
    if (/^\s*(\} )?(if|else|for|while|switch|catch|try|do)\b/.test(line)) return []
    const indent = /^ */.exec(line)?.[0] ?? ""
    const length = code.slice(first + 1).findIndex((each) => each.startsWith(`${indent}}`)) + 2
    if (length <= FUNCTION_LINES) return []
    return [`src/${path}:${first + 1}: a function of ${length} lines`]
  })

const statements = (count: number): string => "  next()\n".repeat(count)

const rules: ReadonlyArray<readonly [string, Rule, path: string, breach: string]> = [
  [
    "says at its top what it is and why",
    ({ lines, path }) => lines[0]?.startsWith("/**") === true ? [] : [`src/${path}: no paragraph`],
    "raft/Log.ts",
    `import type { Entry } from "./Entry.js"`
  ],
  [
    "stands on one of the floors",
    ({ floor, path }) => floor in below || ["", "cli"].includes(floor) ? [] : [`src/${path}`],
    "util/Helpers.ts",
    ""
  ],
  [
    "is named by a noun in PascalCase",
    ({ path }) =>
      /^([a-z]+\/)?([A-Z][A-Za-z0-9]*|index)\.ts$|^main\.ts$/.test(path) ? [] : [`src/${path}`],
    "node/write-ahead-log.ts",
    ""
  ],
  [
    `has at most ${FILE_LINES} lines`,
    ({ lines, path }) =>
      lines.length - 1 <= FILE_LINES ? [] : [`src/${path}: ${lines.length - 1} lines`],
    "raft/Log.ts",
    "\n".repeat(FILE_LINES + 1)
  ],
  [
    `has functions of at most ${FUNCTION_LINES} lines`,
    functionsAreShort,
    "raft/Log.ts",
    `export const append = (\n  self: Log\n): Log => {\n${statements(FUNCTION_LINES)}}\n`
  ],
  [
    `has at most ${LINE_COLUMNS} columns`,
    everyLine(
      ({ lines }) => lines,
      (line) => line.length <= LINE_COLUMNS ? undefined : `${line.length} columns`
    ),
    "raft/Log.ts",
    "x".repeat(LINE_COLUMNS + 1)
  ],
  [
    "imports only from its own floor and those below",
    importsGoDown,
    "sim/Cluster.ts",
    `import {\n  listen\n} from "../live/TcpNetwork.js"`
  ],
  [
    "needs no package but those of its floor, so that the library needs nothing but effect",
    packagesAreFew,
    "live/HttpServer.ts",
    `import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"`
  ],
  [
    "keeps Node's own types out of the core and the state machine",
    everyLine(
      ({ code, floor }) => floor === "raft" || floor === "kv" ? code : [],
      mention(/\bBuffer\b/)
    ),
    "kv/Store.ts",
    "const bytes = Buffer.from([1])"
  ],
  [
    "leaves time, chance and the process to live/ and cli/",
    everyLine((each) => isWorldly(each) ? [] : each.code, mention(WORLD)),
    "node/Loop.ts",
    "const started = `${Date.now()}`"
  ],
  [
    "has a type for everything",
    everyLine(({ code }) => code, mention(/(?<![.\w])any\b(?![:(])/)),
    "wire/Frame.ts",
    "const decode = (bytes: any) => bytes"
  ],
  [
    "argues with no compiler",
    everyLine(({ lines }) => lines, mention(/@ts-\w+|(ox|es)lint-disable/)),
    "wire/Frame.ts",
    "// @ts-expect-error"
  ],
  [
    "leaves nothing for later",
    everyLine(({ lines }) => lines, mention(/\b(TODO|FIXME|XXX|HACK)\b/)),
    "wire/Frame.ts",
    "// TODO: a checksum"
  ]
]

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "src")
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => source(path.split(sep).join("/"), readFileSync(join(root, path), "utf8")))

describe("every file of src", () => {
  it.each(rules)("%s", (_, rule, path, breach) => {
    assert.isNotEmpty(rule(source(path, breach)), "the rule no longer sees its own example")
    assert.deepStrictEqual(sources.flatMap(rule), [])
  })
})
