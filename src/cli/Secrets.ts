/**
 * Passwords, from where they cannot be seen by who lists processes: files and the environment.
 * `--requirepass-file` (or `RAFTCACHE_REQUIREPASS`) holds the password of the user "default" in
 * clear, as orchestrators mount secrets; `--users` holds a line for each user, its name and the
 * hash that `raftcache hash-password` makes. `--password-file` (or `RAFTCACHE_PASSWORD`) is for who
 * asks another node.
 */
import { Config, Effect, Option } from "effect"
import { readFile } from "node:fs/promises"
import * as PasswordHash from "../live/PasswordHash.js"
import type { Credentials } from "../live/RedisClient.js"
import * as Users from "../live/Users.js"
import * as Flags from "./Flags.js"

export const spec = {
  "requirepass-file": { type: "string" },
  users: { type: "string" },
  user: { type: "string" },
  "password-file": { type: "string" }
} as const satisfies Flags.Spec

export const config = Config.all({
  requirepass: Config.option(Config.nonEmptyString("REQUIREPASS")),
  requirepassFile: Config.option(Config.nonEmptyString("REQUIREPASS_FILE")),
  users: Config.option(Config.nonEmptyString("USERS")),
  user: Config.withDefault(Config.nonEmptyString("USER"), Users.DEFAULT_USER),
  password: Config.option(Config.nonEmptyString("PASSWORD")),
  passwordFile: Config.option(Config.nonEmptyString("PASSWORD_FILE"))
})

type Told = Config.Config.Success<typeof config>

const usage = (message: string) => new Flags.UsageError({ message })

const read = (flag: string, file: string): Effect.Effect<string, Flags.UsageError> =>
  Effect.tryPromise({
    try: () => readFile(file, "utf8"),
    catch: (cause) => usage(`${flag}: ${(cause as Error).message}`)
  })

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The first line of a file, which may end in a line break that is not of the password. */
const readPassword = (
  flag: string,
  file: string
): Effect.Effect<string, Flags.UsageError> =>
  Effect.filterOrFail(
    Effect.map(read(flag, file), (text) => text.split(/\r?\n/, 1)[0] ?? ""),
    (password) => password !== "",
    () => usage(`${flag}: ${file} is empty: its first line is to be a password`)
  )

const NAME = /^[!-~]{1,64}$/

/** Lines that are empty, or begin with "#", say nothing. */
export const parseUsers = (text: string): Map<string, PasswordHash.PasswordHash> | string => {
  const hashes = new Map<string, PasswordHash.PasswordHash>()
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue
    const [name = "", written = "", ...rest] = line.trim().split(/\s+/)
    const hash = PasswordHash.parse(written)
    if (!NAME.test(name) || hash === undefined || rest.length > 0) {
      return `line ${at + 1} is not a name and a hash as "raftcache hash-password" makes it`
    }
    if (hashes.has(name)) return `line ${at + 1}: ${name} is there twice`
    hashes.set(name, hash)
  }
  return hashes
}

const readUsers = (file: string) =>
  Effect.flatMap(read("--users", file), (text) => {
    const hashes = parseUsers(text)
    return typeof hashes === "string"
      ? usage(`--users: ${file}: ${hashes}`)
      : Effect.succeed(hashes)
  })

const passwordOf = (
  flag: string,
  file: Option.Option<string>,
  otherwise: Option.Option<string>
): Effect.Effect<string | undefined, Flags.UsageError> =>
  Option.isSome(file)
    ? readPassword(flag, file.value)
    : Effect.succeed(Option.getOrUndefined(otherwise))

const ofDefault = ({ requirepass, requirepassFile }: Told) =>
  passwordOf("--requirepass-file", requirepassFile, requirepass)

/** Who may use the cache through this node. */
export const users = (told: Told): Effect.Effect<Users.Users, Flags.UsageError> =>
  Effect.gen(function*() {
    const hashes = Option.isSome(told.users) ? yield* readUsers(told.users.value) : new Map()
    const password = yield* ofDefault(told)
    if (password !== undefined) {
      hashes.set(Users.DEFAULT_USER, yield* PasswordHash.make(bytesOf(password)))
    }
    return yield* Users.make(hashes)
  })

/** As whom another node is asked: as `--user`, or as all nodes know the user "default". */
export const credentials = (
  told: Told
): Effect.Effect<Credentials | undefined, Flags.UsageError> =>
  Effect.gen(function*() {
    const password = yield* passwordOf("--password-file", told.passwordFile, told.password)
    if (password !== undefined) return { user: told.user, password }
    const common = yield* ofDefault(told)
    return common === undefined ? undefined : { user: Users.DEFAULT_USER, password: common }
  })

/** `raftcache hash-password < file`: the hash of the first line. */
export const hash: Effect.Effect<void, Flags.UsageError> = Effect.gen(function*() {
  const chunks: Array<Buffer> = []
  yield* Effect.tryPromise({
    try: async () => {
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
    },
    catch: (cause) => usage(`the password cannot be read: ${(cause as Error).message}`)
  })
  const [password = ""] = Buffer.concat(chunks).toString("utf8").split(/\r?\n/, 1)
  if (password === "") return yield* usage("hash-password reads a password from its input: a line")
  process.stdout.write(`${PasswordHash.format(yield* PasswordHash.make(bytesOf(password)))}\n`)
})
