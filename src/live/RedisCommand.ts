/**
 * What a command of the Redis protocol is to this server: its description, as `COMMAND` tells it,
 * and one function. There are four kinds, and the kind decides how a connection keeps order:
 * a `Local` command needs nobody, a `Read` waits for the moment at which this node may be read, a
 * `Write` goes through the log, and a `Task` is done by the node alone.
 */
import type { Words } from "../kv/Command.js"
import { quotable } from "../kv/DataCommand.js"
import type { Description } from "../kv/Description.js"
import type { Store } from "../kv/Store.js"
import type { Done, Node, ReadMode, Status } from "../node/Node.js"
import type { Writer } from "../wire/RespReply.js"
import type { Client, Tell } from "./ConnectedClient.js"
import type { Endpoint, Endpoints } from "./Endpoints.js"
import type { Notifications } from "./Notifications.js"
import type { SlowLog } from "./SlowLog.js"
import type { Subscriptions } from "./Subscriptions.js"
import type { Tracking } from "./Tracking.js"
import type { Users } from "./Users.js"
import type { Watches } from "./Watches.js"

export type { Words } from "../kv/Command.js"
export {
  fits,
  matches,
  NOT_AN_INTEGER,
  quotable,
  SYNTAX_ERROR,
  wrongArity
} from "../kv/DataCommand.js"
export type { Description, Group } from "../kv/Description.js"
export type { Client, Tell } from "./ConnectedClient.js"

/** The server, as its commands see it. */
export interface Server {
  readonly store: Store
  /** A number from 0 to before 2^32, for commands that choose. */
  readonly draw: () => number
  readonly status: () => Status
  readonly transfer: Node["Type"]["transfer"]
  readonly snapshot: Node["Type"]["snapshot"]
  readonly changeMembers: Node["Type"]["changeMembers"]
  readonly port: () => number
  /** Where clients are told that this node is. */
  readonly endpoint: () => Endpoint
  /** By what name clients of Redis Sentinel are told of the cluster. */
  readonly groupName: string
  /** Where the other members are. */
  readonly endpoints: Endpoints["Type"]
  readonly users: Users
  readonly subscriptions: Subscriptions
  readonly notifications: Notifications
  readonly tracking: Tracking
  readonly watches: Watches
  readonly startedAtMillis: number
  readonly connections: Iterable<{ readonly client: Client }> & { readonly size: number }
  readonly connectionsLimit: number
  readonly totals: Totals
  readonly slowLog: SlowLog
}

/** Since the start, or since they were last reset. */
export interface Totals {
  connections: number
  rejectedConnections: number
  commands: number
  deniedPasswords: number
}

interface Shape extends Description {
  readonly subcommands?: ReadonlyArray<RedisCommand>
  /** Its words as others may see them, if they hold a password. */
  readonly conceal?: (words: Words) => Words
  /** What is asked next depends on it: no request is taken before it is answered. */
  readonly turns?: true
  /** What it says is no reply, and is said to those, too, who want none. */
  readonly pushes?: true
}

/** Writes exactly one reply, or what it pushes instead. Called in the order of requests. */
export type Run = (words: Words, out: Writer, client: Client, server: Server) => void

/** For what has nothing to do, or has been done. */
export const ok: Run = (_words, out) => out.simple("OK")

export interface Local extends Shape {
  readonly kind: "Local"
  readonly run: Run
  /** After this one the client has nothing more to say. */
  readonly last?: true
}

export interface Read extends Shape {
  readonly kind: "Read"
  readonly run: Run
  /** Whether the log may carry it, in a transaction. */
  readonly isOfLog?: true
  /** Whether it is carried out even if this node may not be read: it waits, and shows nothing. */
  readonly isNeverRefused?: true
}

/** Another command that only reads, said with a mode of its own. */
export interface Prefix extends Shape {
  readonly kind: "Prefix"
  /** The mode and the words of the other command, or the error to answer. */
  readonly unwrap: (words: Words) => Prefixed | string
}

export interface Prefixed {
  readonly reads: ReadMode
  readonly words: Words
}

export interface Write extends Shape {
  readonly kind: "Write"
  /** The command for the log, or the error to answer. */
  readonly encode: (words: Words) => Uint8Array | string
  /** It is answered with how many of this node's clients heard it, which the log cannot know. */
  readonly counts?: true
  /** What is to be done once the reply is written. */
  readonly replied?: (words: Words, done: Done, client: Client, server: Server) => void
}

/**
 * Has the node do something that is neither in the log nor a read, such as handing leadership over.
 * Nothing else of its connection is under way meanwhile.
 */
export interface Task extends Shape {
  readonly kind: "Task"
  /** Calls `done` once, now or later, with what writes the one reply. */
  readonly begin: (
    words: Words,
    client: Client,
    server: Server,
    done: (tell: Tell) => void
  ) => void
  /** In a transaction it is begun before the others, and told in its turn. */
  readonly mayQueue?: true
}

/** Only a name that its subcommands share. */
export interface Container extends Shape {
  readonly kind: "Container"
  readonly subcommands: ReadonlyArray<RedisCommand>
}

/** What a request can ask for. */
export type Runnable = Local | Read | Write | Task | Prefix

export type RedisCommand = Runnable | Container

/** What the commands of a file have in common, unless one says otherwise. */
type Common = Pick<Description, "categories" | "flags" | "group" | "tips">

/** Takes what `entriesOf` of kv/DataCommand.ts takes; what the command does is run or begun. */
type Entry<Kind extends Runnable, Does> = (
  name: string,
  syntax: string,
  arity: number,
  since: string,
  does: Does,
  summary: string,
  others?: Partial<Omit<Kind, "begin" | "kind" | "run">>
) => Kind

/** Entries of the lists of commands. */
export const entriesOf = (common: Common) => {
  const local: Entry<Local, Run> = (name, syntax, arity, since, run, summary, others) => (
    { ...common, kind: "Local", name, syntax, arity, since, run, summary, ...others }
  )
  const read: Entry<Read, Run> = (name, syntax, arity, since, run, summary, others) => (
    { ...common, kind: "Read", name, syntax, arity, since, run, summary, ...others }
  )
  const task: Entry<Task, Task["begin"]> = (name, syntax, arity, since, begin, summary, others) => (
    { ...common, kind: "Task", name, syntax, arity, since, begin, summary, ...others }
  )
  return { local, read, task }
}

/** Whether it can stand in a list of clients: no spaces, no line breaks, nothing beyond ASCII. */
export const isPlain = (word: Uint8Array): boolean =>
  word.every((byte) => byte > 0x20 && byte < 0x7f)

/** Redis quotes no more than this of what it does not know. */
const QUOTED_CHARACTERS = 128

/** A subcommand that takes fewer words, and that its arity cannot tell. */
export const misused = ([container, subcommand]: Words): string => {
  const shown = quotable(subcommand!, QUOTED_CHARACTERS)
  const name = quotable(container!, QUOTED_CHARACTERS).toUpperCase()
  return `ERR unknown subcommand or wrong number of arguments for '${shown}'. Try ${name} HELP.`
}

/** Of whatever holds subcommands; but for the name it is what its `HELP` has. */
type Holder = Pick<Description, "categories" | "group" | "name" | "since">

/** As `HELP` writes it. */
const usageOf = ({ name, syntax }: Description): string =>
  `${name.slice(name.indexOf("|") + 1).toUpperCase()} ${syntax}`.trimEnd()

/** The subcommands of a container, and the one that all containers have: `HELP`, made from them. */
export const withHelp = (
  { name, ...described }: Holder,
  others: ReadonlyArray<RedisCommand>
): ReadonlyArray<RedisCommand> => {
  const title = `${name.toUpperCase()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`
  const told = others.flatMap((each) => [usageOf(each), `    ${each.summary}`])
  const lines = [title, ...told, "HELP", "    Prints this help."]
  const help: Local = {
    kind: "Local",
    name: `${name}|help`,
    arity: 2,
    flags: ["loading", "stale"],
    ...described,
    syntax: "",
    summary: "Describes the subcommands.",
    run: (_, out) => {
      out.array(lines.length)
      for (const line of lines) out.simple(line)
    }
  }
  return [...others, help]
}

/** What holds subcommands says of itself, and since when it has a `HELP`. */
interface Held extends Pick<Description, "group" | "name" | "since" | "summary"> {
  readonly flags?: ReadonlyArray<string>
  readonly helpSince: string
}

/** A name that its subcommands share. */
export const container = (
  { flags = [], group, helpSince, name, since, summary }: Held,
  subcommands: ReadonlyArray<RedisCommand>
): Container => ({
  kind: "Container",
  name,
  arity: -2,
  flags,
  categories: [],
  group,
  since,
  summary,
  syntax: "",
  subcommands: withHelp({ name, group, since: helpSince }, subcommands)
})
