/**
 * Conversations drawn by chance from what a server can do: requests of every family, two clients,
 * and transactions into which the other client may speak.
 */
import { FastCheck as fc } from "effect"
import * as Connection from "./ConnectionCommands.js"
import type { Conversation, Turn, Words } from "./Conversation.js"
import * as Expiry from "./ExpiryCommands.js"
import {
  anyKey,
  field,
  hashKey,
  phrase,
  shortValue,
  some,
  spoilt,
  stringKey,
  value
} from "./Grammar.js"
import type { Has, Phrase } from "./Grammar.js"
import * as Hash from "./HashCommands.js"
import * as Key from "./KeyCommands.js"
import * as Publish from "./PublishCommands.js"
import * as Server from "./ServerCommands.js"
import * as String from "./StringCommands.js"
import * as Transaction from "./TransactionCommands.js"

/** Turns or whole transactions in one conversation. */
const SCENES_LIMIT = 12

/** Keys that are set before. */
const OPENING_LIMIT = 6

/** How often each family is drawn, against the others. */
const families = [
  { family: String.commands, weight: 6 },
  { family: Hash.commands, weight: 4 },
  { family: Key.commands, weight: 3 },
  { family: Expiry.commands, weight: 3 },
  { family: Connection.commands, weight: 1 },
  { family: Server.commands, weight: 1 },
  { family: Publish.commands, weight: 1 },
  { family: Transaction.commands, weight: 1 }
]

/** Every command of the families, whether the server has it or not. */
export const names: ReadonlyArray<string> = families.flatMap(({ family }) =>
  Object.keys(family(() => true))
)

const request = (has: Has): Phrase =>
  fc.oneof(
    ...families.flatMap(({ family, weight }) => {
      const phrases = Object.entries(family(has)).flatMap(([name, each]) => has(name) ? [each] : [])
      return phrases.length === 0 ? [] : [{ arbitrary: spoilt(fc.oneof(...phrases)), weight }]
    })
  )

/** What there may be to begin with, so that what follows meets something. */
const opening = (has: Has): Phrase => {
  const [set, setExpiring, setFields] = [
    phrase("SET", stringKey, value),
    phrase("SETEX", stringKey, Expiry.secondsAhead, value),
    phrase("HSET", hashKey, some(phrase(field, shortValue)))
  ]
  return fc.oneof(set, ...has("setex") ? [setExpiring] : [], ...has("hset") ? [setFields] : [])
}

/** Mostly the first client. */
const speaker = fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, fc.constant(1))

const turn = (words: Phrase): fc.Arbitrary<ReadonlyArray<Turn>> =>
  fc.tuple(speaker, words).map(([client, words]) => [{ client, words }])

/** Of one client, with a word of the other in between, or without one. */
const transaction = (request: Phrase): fc.Arbitrary<ReadonlyArray<Turn>> => {
  const by = (client: number) => (words: Words): Turn => ({ client, words })
  return fc.tuple(
    fc.option(phrase("WATCH", some(anyKey)), { nil: undefined }),
    fc.option(request, { nil: undefined }),
    fc.array(request, { maxLength: 4 }),
    fc.constantFrom("EXEC", "EXEC", "EXEC", "DISCARD")
  ).map(([watch, interruption, queued, end]) => [
    ...(watch === undefined ? [] : [by(0)(watch)]),
    ...(interruption === undefined ? [] : [by(1)(interruption)]),
    by(0)(["MULTI"]),
    ...queued.map(by(0)),
    by(0)([end])
  ])
}

export const conversation = (has: Has): fc.Arbitrary<Conversation> => {
  const single = turn(request(has))
  const scene = has("multi")
    ? fc.oneof({ arbitrary: single, weight: 8 }, transaction(request(has)))
    : single
  const turns = fc.tuple(
    fc.array(turn(opening(has)), { maxLength: OPENING_LIMIT }),
    fc.array(scene, { minLength: 1, maxLength: SCENES_LIMIT })
  ).map((scenes) => scenes.flat(2))
  return fc.record({ protocol: fc.constantFrom("2" as const, "3" as const), turns })
}
