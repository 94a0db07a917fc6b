/**
 * Asks a node one thing over its Redis port: a connection, a request, a reply.
 */
import { Data, Effect } from "effect"
import * as Net from "node:net"
import * as Latin1 from "../kv/Latin1.js"
import * as RespValue from "../wire/RespValue.js"

/** How long a node may take to answer: more than it gives its own requests. */
export const ANSWER_LIMIT_MILLIS = 10_000

/** There is no answer, or it is an error. `message` says what, why and what to do. */
export class RedisClientError extends Data.TaggedError("RedisClientError")<{
  readonly reason: "NoAnswer" | "Refused"
  readonly message: string
}> {}

export interface Address {
  readonly host: string
  readonly port: number
  /** Who asks; the user "default" without a password if not given. */
  readonly credentials?: Credentials
}

export interface Credentials {
  readonly user: string
  readonly password: string
}

type Fields = Readonly<Record<string, RespValue.Value>>

/** A map, as version 2 of the protocol tells it. */
export const fieldsOf = (value: RespValue.Value): Fields => {
  const flat = Array.isArray(value) ? value as ReadonlyArray<RespValue.Value> : []
  const fields: Record<string, RespValue.Value> = {}
  for (let at = 0; at + 1 < flat.length; at += 2) fields[String(flat[at])] = flat[at + 1]!
  return fields
}

const encode = (words: ReadonlyArray<string>): Uint8Array =>
  Latin1.encode(
    `*${words.length}\r\n` + words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")
  )

const noAnswer = ({ host, port }: Address, why: string): RedisClientError =>
  new RedisClientError({
    reason: "NoAnswer",
    message: `no answer from ${host}:${port} (${why}): check that a node serves Redis clients there`
  })

/** Texts of the wire have one byte a character. */
const authentication = ({ password, user }: Credentials): ReadonlyArray<string> =>
  ["AUTH", user, password].map((text) => Buffer.from(text).toString("latin1"))

const converse = (
  address: Address,
  socket: Net.Socket,
  words: ReadonlyArray<string>
): Effect.Effect<RespValue.Value, RedisClientError> =>
  Effect.async((resume) => {
    let received: Buffer = Buffer.alloc(0)
    let isKnown = address.credentials === undefined
    const fail = (why: string) => resume(noAnswer(address, why))
    socket.on("error", (error) => fail(error.message))
    socket.on("close", () => fail("it closed the connection"))
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const reading = RespValue.read(received)
      if (reading._tag === "Value") {
        if (isKnown || reading.value !== "OK") return resume(Effect.succeed(reading.value))
        isKnown = true
        received = Buffer.alloc(0)
        socket.write(encode(words))
      } else if (reading._tag === "Broken") fail("what it says is not the Redis protocol")
    })
    const { credentials } = address
    socket.write(encode(credentials === undefined ? words : authentication(credentials)))
  })

/** The reply to `words`, texts of one byte a character. An error of the server is a failure. */
export const ask = (
  address: Address,
  words: ReadonlyArray<string>
): Effect.Effect<Exclude<RespValue.Value, RespValue.Refusal>, RedisClientError> =>
  Effect.acquireUseRelease(
    Effect.sync(() => Net.connect({ host: address.host, port: address.port, noDelay: true })),
    (socket) => converse(address, socket, words),
    (socket) => Effect.sync(() => socket.destroy())
  ).pipe(
    Effect.timeoutFail({
      duration: ANSWER_LIMIT_MILLIS,
      onTimeout: () => noAnswer(address, `nothing in ${ANSWER_LIMIT_MILLIS / 1000} s`)
    }),
    Effect.flatMap((value) =>
      value !== null && typeof value === "object" && "_tag" in value
        ? new RedisClientError({ reason: "Refused", message: value.message })
        : Effect.succeed(value)
    )
  )
