/**
 * The `raftcache` program. What needs no cluster is answered here, before anything else is loaded.
 */
import * as Help from "./cli/Help.js"
import * as Version from "./live/Version.js"

const argv = process.argv.slice(2)
const asks = (...words: ReadonlyArray<string>): boolean => argv.some((word) => words.includes(word))

if (asks("--help", "-h") || argv[0] === "help") {
  process.stdout.write(Help.text)
} else if (asks("--version", "-v")) {
  process.stdout.write(`${Version.VERSION}\n`)
} else {
  const { run } = await import("./cli/Program.js")
  run(argv)
}
