/**
 * The subcommands of CLIENT by which a client says what it wants to be told of (Tracking.ts), and
 * asks what it has said. Words, options, replies and errors are those of Redis 7.0.
 */
import * as Integer from "../kv/Integer.js"
import * as Key from "../kv/Key.js"
import { entriesOf, matches, NOT_AN_INTEGER, quotable, SYNTAX_ERROR } from "./RedisCommand.js"
import type { Client, Local, Run, Server, Words } from "./RedisCommand.js"
import type { Mode } from "./Tracker.js"

const SECOND_REDIRECT = "ERR A client can only redirect to a single other client"
const NO_SUCH_REDIRECT = "ERR The client ID you want redirect to does not exist"
const PREFIX_ALONE = "ERR PREFIX option requires BCAST mode to be enabled"
const AFRESH = "before disabling tracking for this client, and then re-enabling it with a " +
  "different mode."
const OTHER_BROADCAST = `ERR You can't switch BCAST mode on/off ${AFRESH}`
const OTHER_READS = `ERR You can't switch OPTIN/OPTOUT mode ${AFRESH}`
const BROADCAST_READS = "ERR OPTIN and OPTOUT are not compatible with BCAST"
const CONTRADICTORY = "ERR You can't specify both OPTIN mode and OPTOUT mode"
const NOTHING_TO_SAY = "ERR CLIENT CACHING can be called only when the client is in tracking " +
  "mode with OPTIN or OPTOUT mode enabled"
const ONLY_OPTIN = "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
const ONLY_OPTOUT = "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."

const FLAGS = ["bcast", "optin", "optout", "noloop"] as const

interface Options {
  readonly flags: ReadonlySet<typeof FLAGS[number]>
  readonly redirect: Client | undefined
  readonly prefixes: ReadonlyArray<Uint8Array>
}

const findClient = (word: Uint8Array, { connections }: Server): Client | string => {
  const id = Integer.parse(word)
  if (id === undefined) return NOT_AN_INTEGER
  for (const { client } of connections) if (client.id === id) return client
  return NO_SUCH_REDIRECT
}

/** The options behind ON or OFF, or the error to answer. */
const readOptions = (words: Words, server: Server): Options | string => {
  const flags = new Set<typeof FLAGS[number]>()
  const prefixes: Array<Uint8Array> = []
  let redirect: Client | undefined
  for (let at = 3; at < words.length; at++) {
    const word = words[at]!
    const flag = FLAGS.find((each) => matches(word, each))
    if (flag !== undefined) {
      flags.add(flag)
    } else if (matches(word, "redirect") && at + 1 < words.length) {
      if (redirect !== undefined) return SECOND_REDIRECT
      const found = findClient(words[++at]!, server)
      if (typeof found === "string") return found
      redirect = found
    } else if (matches(word, "prefix") && at + 1 < words.length) {
      prefixes.push(words[++at]!)
    } else {
      return SYNTAX_ERROR
    }
  }
  return { flags, redirect, prefixes }
}

const overlap = (one: Key.Key, other: Key.Key): boolean =>
  one.startsWith(other) || other.startsWith(one)

/** Why these prefixes cannot be added to those there are, if they cannot. */
const overlapOf = (
  prefixes: ReadonlyArray<Uint8Array>,
  before: ReadonlySet<Key.Key>
): string | undefined => {
  const shown = (bytes: Uint8Array) => quotable(bytes, bytes.length)
  const keys = prefixes.map(Key.fromBytes)
  for (const [at, key] of keys.entries()) {
    const error = (other: Key.Key, which: string) =>
      `ERR Prefix '${shown(prefixes[at]!)}' overlaps with ${which} prefix ` +
      `'${shown(Key.toBytes(other))}'. Prefixes for a single client must not overlap.`
    const existing = [...before].sort().find((other) => overlap(key, other))
    if (existing !== undefined) return error(existing, "an existing")
    const provided = keys.slice(at + 1).find((other) => overlap(key, other))
    if (provided !== undefined) return error(provided, "another provided")
  }
  return undefined
}

/** What the client is in from now on, or the error to answer. */
const modeOf = (
  { flags, prefixes, redirect }: Options,
  before: Mode | undefined
): Mode | string => {
  const isBroadcast = flags.has("bcast")
  if (!isBroadcast && prefixes.length > 0) return PREFIX_ALONE
  if (before !== undefined && isBroadcast !== (before.prefixes !== undefined)) {
    return OTHER_BROADCAST
  }
  if (isBroadcast && (flags.has("optin") || flags.has("optout"))) return BROADCAST_READS
  if (flags.has("optin") && flags.has("optout")) return CONTRADICTORY
  const reads = flags.has("optin") ? "optin" : flags.has("optout") ? "optout" : "all"
  const readsBefore = before?.reads ?? "all"
  if (reads !== "all" && readsBefore !== "all" && reads !== readsBefore) return OTHER_READS
  const isNoLoop = flags.has("noloop")
  if (!isBroadcast) return { redirect, prefixes: undefined, reads, isNoLoop }
  const error = overlapOf(prefixes, before?.prefixes ?? new Set())
  if (error !== undefined) return error
  const wanted = prefixes.length > 0 ? prefixes : [new Uint8Array(0)]
  return { redirect, prefixes: new Set(wanted.map(Key.fromBytes)), reads, isNoLoop }
}

const tracking: Run = (words, out, client, server) => {
  const options = readOptions(words, server)
  if (typeof options === "string") return out.error(options)
  if (matches(words[2]!, "on")) {
    const mode = modeOf(options, client.tracker?.mode)
    if (typeof mode === "string") return out.error(mode)
    server.tracking.start(client, mode)
  } else if (matches(words[2]!, "off")) {
    server.tracking.stop(client)
  } else {
    return out.error(SYNTAX_ERROR)
  }
  out.simple("OK")
}

const caching: Run = (words, out, { tracker }) => {
  if (tracker?.mode === undefined) return out.error(NOTHING_TO_SAY)
  const { reads } = tracker.mode
  if (matches(words[2]!, "yes")) {
    if (reads !== "optin") return out.error(ONLY_OPTIN)
  } else if (matches(words[2]!, "no")) {
    if (reads !== "optout") return out.error(ONLY_OPTOUT)
  } else {
    return out.error(SYNTAX_ERROR)
  }
  tracker.isCachingSaid = true
  out.simple("OK")
}

/** -1 when it is told nothing, 0 when it is told itself. */
export const redirectOf = ({ tracker }: Client): number =>
  tracker?.mode === undefined ? -1 : tracker.mode.redirect?.id ?? 0

const flagsOf = ({ tracker }: Client): ReadonlyArray<string> => {
  if (tracker?.mode === undefined) return ["off"]
  const { isNoLoop, prefixes, reads } = tracker.mode
  return [
    "on",
    ...prefixes === undefined ? [] : ["bcast"],
    ...reads === "all" ? [] : [reads],
    ...reads !== "all" && tracker.isCachingSaid
      ? [reads === "optin" ? "caching-yes" : "caching-no"]
      : [],
    ...isNoLoop ? ["noloop"] : [],
    ...tracker.isBroken ? ["broken_redirect"] : []
  ]
}

const trackingInfo: Run = (_words, out, client) => {
  const flags = flagsOf(client)
  const prefixes = [...client.tracker?.mode?.prefixes ?? []].sort()
  out.map(3)
  out.text("flags")
  out.set(flags.length)
  for (const flag of flags) out.text(flag)
  out.text("redirect")
  out.integer(redirectOf(client))
  out.text("prefixes")
  out.array(prefixes.length)
  for (const prefix of prefixes) out.text(prefix)
}

const { local } = entriesOf({
  group: "connection",
  flags: ["noscript", "loading", "stale"]
})

const OPTIONS = "[REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] " +
  "[OPTOUT] [NOLOOP]"

export const subcommands: ReadonlyArray<Local> = [
  local(
    "client|caching",
    "<YES | NO>",
    3,
    "6.0.0",
    caching,
    "Says whether what the next command reads is kept, with OPTIN or OPTOUT."
  ),
  local(
    "client|getredir",
    "",
    2,
    "6.0.0",
    (_words, out, client) => out.integer(redirectOf(client)),
    "Returns to whom invalidations are sent: 0, to this client; -1, to nobody."
  ),
  local(
    "client|tracking",
    `<ON | OFF> ${OPTIONS}`,
    -3,
    "6.0.0",
    tracking,
    "Has the client told, or not, when what it has read changes."
  ),
  local(
    "client|trackinginfo",
    "",
    2,
    "6.2.0",
    trackingInfo,
    "Returns how the client is told of changes."
  )
]
