import { assert, describe, it } from "@effect/vitest"
import type { Message } from "../../src/raft/Message.js"
import * as Validity from "../../src/raft/Validity.js"
import {
  accepted,
  append,
  command,
  commands,
  heartbeat,
  heartbeatResponse,
  id,
  noop,
  preVoteRequest,
  preVoteResponse,
  readIndexGranted,
  readIndexRefused,
  readIndexRequest,
  rejected,
  voteRequest,
  voteResponse
} from "./Fixtures.js"

const isValid = (message: unknown): boolean => Validity.isValid(message as Message)

const valid: ReadonlyArray<Message> = [
  preVoteRequest(0, id(0, 0)),
  preVoteRequest(4, id(4, 9)),
  preVoteResponse(4, 5),
  voteRequest(1, id(0, 0)),
  voteRequest(5, id(4, 9)),
  voteResponse(5, false),
  append(5, id(0, 0)),
  append(5, id(2, 9), [...commands(10, 2, 2, 3), noop(5, 13)], 4, 7),
  accepted(5, 9, 7),
  rejected(5, 9, id(3, 2), 7),
  heartbeat(5, 7, 9),
  heartbeatResponse(5, 7, 9),
  readIndexRequest(5, 3),
  readIndexGranted(5, 3, 9),
  readIndexRefused(5, 3)
]

const noNumbers = [-1, 0.5, Number.NaN, Infinity, 2 ** 53, "1", null, undefined, true, 1n, {}]
const noBooleans = [0, 1, "true", null, undefined, {}]

describe("a message is valid", () => {
  it.each(valid)("when a correct peer could have sent it: $_tag %#", (message) => {
    assert.isTrue(isValid(message))
  })
})

describe("a message is not valid", () => {
  it.each(valid)("when any of its fields is missing or is none: $_tag %#", (message) => {
    const fields = Object.entries(message)
    for (const [name, value] of fields) {
      assert.isFalse(isValid(Object.fromEntries(fields.filter(([other]) => other !== name))), name)
      for (const none of typeof value === "boolean" ? noBooleans : noNumbers) {
        assert.isFalse(isValid({ ...message, [name]: none }), `${name} ${String(none)}`)
      }
    }
  })

  it.each([undefined, null, 0, "Append", [], {}, { _tag: "Append" }, { _tag: "x", term: 1 }])(
    "when it is no message: %j",
    (message) => assert.isFalse(isValid(message))
  )

  it("when a position is half before the first entry", () => {
    assert.isFalse(isValid(append(5, id(0, 4))))
    assert.isFalse(isValid(append(5, id(4, 0))))
    assert.isFalse(isValid(preVoteRequest(5, { term: 1 } as never)))
  })

  it("when a candidate claims entries of the term it stands in, or of later ones", () => {
    assert.isFalse(isValid(voteRequest(5, id(5, 9))))
    assert.isFalse(isValid(voteRequest(5, id(6, 9))))
  })

  it("when the previous entry is of a later term than the leader's", () => {
    assert.isFalse(isValid(append(5, id(6, 9))))
  })

  const entry = command(3, 10)
  it.each<[string, ReadonlyArray<unknown>]>([
    ["do not continue the previous", [command(3, 11)]],
    ["leave a gap", [entry, command(3, 12)]],
    ["come twice", [entry, entry]],
    ["come in the wrong order", [command(3, 11), entry]],
    ["fall in term", [entry, command(2, 11)]],
    ["begin with an older term than the previous", [command(1, 10)]],
    ["are of a later term than the leader's", [command(6, 10)]],
    ["are of no kind", [{ ...entry, kind: "Config" }]],
    ["have no bytes", [{ ...entry, bytes: "abc" }]],
    ["have a broken index", [{ ...entry, index: "10" }]],
    ["have a broken term", [{ ...entry, term: Number.NaN }]],
    ["are none", [undefined]],
    ["are numbers", [7]]
  ])("when its entries %s", (_, entries) => {
    assert.isFalse(isValid({ ...append(5, id(2, 9)), entries }))
  })

  it("when its entries are of no term", () => {
    assert.isFalse(isValid(append(5, id(0, 0), [command(0, 1)])))
  })

  it("when its entries pass the last exact index", () => {
    const last = Number.MAX_SAFE_INTEGER
    assert.isFalse(isValid(append(5, id(2, last), [command(3, last + 1)])))
  })
})
