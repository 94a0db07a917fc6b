/**
 * The tables of docs/redis.md: what every command is, and which of Redis's are not here; and the
 * short one of README.md. Made from the registry, so that they are never more than it is.
 */
import type { Group } from "../../src/kv/Description.js"
import type { RedisCommand } from "../../src/live/RedisCommand.js"
import * as RedisCommands from "../../src/live/RedisCommands.js"
import * as RedisUnsupported from "../../src/live/RedisUnsupported.js"

/** In the order of the table. */
const TITLES: Readonly<Record<Group, string>> = {
  string: "strings",
  bitmap: "bits",
  hash: "hashes",
  generic: "keys",
  transactions: "transactions",
  pubsub: "publish and subscribe",
  connection: "connections",
  server: "the server",
  cluster: "Redis Cluster",
  sentinel: "Redis Sentinel",
  scripting: "scripts",
  raft: "the Raft cluster"
}

/** What can be asked for: not the name that subcommands share, and not their `HELP`. */
const asked: ReadonlyArray<RedisCommand> = RedisCommands.all
  .flatMap((one) => [one, ...(one.subcommands ?? [])])
  .filter(({ kind, name }) => kind !== "Container" && !name.endsWith("|help"))

const row = (...cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const nameOf = (name: string): string => `\`${name.toUpperCase().replace("|", " ")}\``

const rowOf = ({ differs = "", name, since, summary }: RedisCommand): string =>
  row(nameOf(name), since, summary, differs)

export const commands = (): string =>
  [
    row("command", "since", "what it does", "what is not as in Redis 7.0"),
    row("---", "---", "---", "---"),
    ...Object.entries(TITLES).flatMap(([group, title]) => {
      const rows = asked.filter((command) => command.group === group).map(rowOf)
      return rows.length === 0 ? [] : [row(`**${title}**`, "", "", ""), ...rows]
    })
  ].join("\n")

const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

export const missing = (): string =>
  RedisUnsupported.families.map(({ names, why }) =>
    `- ${capitalized(why)}: ${names.map(nameOf).join(", ")}.`
  ).join("\n")

/** What there is by groups, then what there is not. */
export const overview = (): string =>
  [
    row("", "commands"),
    row("---", "---"),
    ...Object.entries(TITLES).map(([group, title]) => {
      const names = asked.filter((command) => command.group === group).map(({ name }) => name)
      return row(title, names.map((name) => name.toUpperCase().replace("|", " ")).join(", "))
    }),
    row("not there", `${RedisUnsupported.families.map(({ why }) => capitalized(why)).join(". ")}.`)
  ].join("\n")

/** The page with its tables as they should be. */
export const render = (page: string): string =>
  Object.entries({ commands, missing, overview }).reduce(
    (text, [name, table]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*(<!-- end of ${name} -->)`),
        (_, begin: string, end: string) => `${begin}\n${table()}\n\n${end}`
      ),
    page
  )
