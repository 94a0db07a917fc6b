/**
 * `AUTH` and `HELLO`, by which a connection says who it is. Only the password is tried before their
 * turn comes: what they change is changed when their replies are written, so that in a transaction,
 * too, it holds for what follows and not for what stands before.
 */
import * as Integer from "../kv/Integer.js"
import * as Latin1 from "../kv/Latin1.js"
import type { Writer } from "../wire/RespReply.js"
import { entriesOf, isPlain, matches, quotable, SYNTAX_ERROR } from "./RedisCommand.js"
import type { Client, RedisCommand, Server, Task, Words } from "./RedisCommand.js"
import * as RedisInfo from "./RedisInfo.js"
import { DEFAULT_USER } from "./Users.js"

const WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled."
const NO_PASSWORD = "ERR AUTH <password> called without any password configured for the default " +
  "user. Are you sure your configuration is correct?"
const HELLO_FIRST = "NOAUTH HELLO must be called with the client already authenticated, " +
  "otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and " +
  "select the RESP protocol version at the same time"
export const INVALID_NAME =
  "ERR Client names cannot contain spaces, newlines or special characters."

/** Redis quotes no more than this of what it does not understand. */
const QUOTED_CHARACTERS = 128

const textOf = (word: Uint8Array): string => Latin1.decode(word, 0, word.length)

interface Credentials {
  readonly name: string
  readonly password: Uint8Array
}

/** Who it is becomes who the client is, or the refusal is counted. Returns whether it was right. */
const enter = (
  isRight: boolean,
  { name }: Credentials,
  client: Client,
  { totals }: Server
): boolean => {
  if (isRight) client.user = name
  else totals.deniedPasswords++
  return isRight
}

const authenticate: Task["begin"] = (words, client, server, done) => {
  const refuse = (message: string) => done((out) => out.error(message))
  if (words.length > 3) return refuse(SYNTAX_ERROR)
  if (words.length === 2 && server.users.initial !== undefined) return refuse(NO_PASSWORD)
  const name = words.length === 3 ? textOf(words[1]!) : DEFAULT_USER
  const credentials = { name, password: words.at(-1)! }
  server.users.verify(name, credentials.password, (isRight) =>
    done((out) => {
      if (enter(isRight, credentials, client, server)) out.simple("OK")
      else out.error(WRONG_PASSWORD)
    }))
}

/** What HELLO is to do besides greeting, in its order. */
type Step =
  | { readonly _tag: "Name"; readonly name: string }
  | { readonly _tag: "Enter"; readonly credentials: Credentials; isRight: boolean }

interface Greeting {
  readonly steps: ReadonlyArray<Step>
  /** The error to answer; as in Redis, the options before it take effect. */
  readonly refusal: string | undefined
}

const readOptions = (words: Words): Greeting => {
  const steps: Array<Step> = []
  for (let index = 2; index < words.length; index++) {
    const option = words[index]!
    const following = words.length - 1 - index
    if (matches(option, "auth") && following >= 2) {
      const credentials = { name: textOf(words[index + 1]!), password: words[index + 2]! }
      steps.push({ _tag: "Enter", credentials, isRight: false })
      index += 2
    } else if (matches(option, "setname") && following >= 1) {
      if (!isPlain(words[index + 1]!)) return { steps, refusal: INVALID_NAME }
      steps.push({ _tag: "Name", name: textOf(words[index + 1]!) })
      index += 1
    } else {
      const shown = quotable(option, QUOTED_CHARACTERS)
      return { steps, refusal: `ERR Syntax error in HELLO option '${shown}'` }
    }
  }
  return { steps, refusal: undefined }
}

const hello: Task["begin"] = (words, client, server, done) => {
  const refuse = (message: string) => done((out) => out.error(message))
  const version = words[1] === undefined ? undefined : Integer.parse(words[1])
  if (words[1] !== undefined && version === undefined) {
    return refuse("ERR Protocol version is not an integer or out of range")
  }
  if (version !== undefined && version !== 2 && version !== 3) {
    return refuse("NOPROTO unsupported protocol version")
  }
  const greeting = readOptions(words)
  const greet = (): void =>
    done((out) => {
      const refusal = introduce(greeting, client, server)
      if (refusal !== undefined) return out.error(refusal)
      client.protocol = version ?? client.protocol
      welcome(out, client, server)
    })
  const entries = greeting.steps.filter((step) => step._tag === "Enter")
  let unknown = entries.length
  if (unknown === 0) return greet()
  for (const entry of entries) {
    const { name, password } = entry.credentials
    server.users.verify(name, password, (isRight) => {
      entry.isRight = isRight
      if (--unknown === 0) greet()
    })
  }
}

/** Has the client be who it says it is, or returns the error to answer. */
const introduce = (
  { refusal, steps }: Greeting,
  client: Client,
  server: Server
): string | undefined => {
  for (const step of steps) {
    if (step._tag === "Name") client.name = step.name
    else if (!enter(step.isRight, step.credentials, client, server)) return WRONG_PASSWORD
  }
  return refusal ?? (client.user === undefined ? HELLO_FIRST : undefined)
}

const welcome = (out: Writer, client: Client, { status }: Server): void => {
  out.protocol = client.protocol
  out.map(7)
  out.text("server")
  out.text("redis")
  out.text("version")
  out.text(RedisInfo.REDIS_VERSION)
  out.text("proto")
  out.integer(client.protocol)
  out.text("id")
  out.integer(client.id)
  out.text("mode")
  out.text("standalone")
  out.text("role")
  out.text(status().role === "Leader" ? "master" : "replica")
  out.text("modules")
  out.array(0)
}

const REDACTED = Latin1.encode("(redacted)")

/** A password that stands where none is expected is one all the same. */
const concealAll = ([name, ...others]: Words): Words => [name!, ...others.map(() => REDACTED)]

const concealOption = (words: Words): Words => {
  const isOption = (at: number) => at >= 2 && matches(words[at]!, "auth")
  return words.map((word, at) => isOption(at - 1) || isOption(at - 2) ? REDACTED : word)
}

const { task } = entriesOf({
  group: "connection",
  flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"]
})
const HELLO = "[protover [AUTH username password] [SETNAME clientname]]"

export const commands: ReadonlyArray<RedisCommand> = [
  task("auth", "[username] password", -2, "1.0.0", authenticate, "Says who the client is.", {
    conceal: concealAll,
    mayQueue: true
  }),
  task("hello", HELLO, -1, "6.0.0", hello, "Greets, and chooses the version of the protocol.", {
    conceal: concealOption,
    mayQueue: true,
    turns: true
  })
]
