import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Command from "../../src/kv/Command.js"
import * as Latin1 from "../../src/kv/Latin1.js"
import * as Resp from "../../src/wire/Resp.js"

const bytes = Latin1.encode

const text = (value: Uint8Array): string => Latin1.decode(value, 0, value.length)

/** The request as a client library writes it. */
const request = (...words: ReadonlyArray<string>): string =>
  `*${words.length}\r\n` + words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")

type Found = ReadonlyArray<string> | { readonly refused: string } | { readonly broken: string }

/** Everything there is to read now; stops after what breaks the connection. */
const drain = (parser: Resp.Parser): Array<Found> => {
  const found: Array<Found> = []
  for (;;) {
    const progress = parser.next()
    if (progress === "Incomplete") return found
    if (progress === "Request") found.push(parser.request.map(text))
    if (progress === "Refused") found.push({ refused: parser.message })
    if (progress === "Broken") return [...found, { broken: parser.message }]
  }
}

const read = (...chunks: ReadonlyArray<string>): Array<Found> => {
  const parser = new Resp.Parser()
  return chunks.flatMap((chunk) => {
    parser.push(bytes(chunk))
    return drain(parser)
  })
}

const broken = (message: string): Array<Found> => [{ broken: `ERR Protocol error: ${message}` }]

const tooLong = { refused: "ERR string exceeds maximum allowed size (proto-max-bulk-len)" }

const PING: Found = ["PING"]

const everything = [
  request("SET", "key", "\u0000\r\n$3\r\n\u00ff"),
  "PING\r\n",
  request("GET", ""),
  "\r\n",
  "*0\r\n",
  "*-1\r\n",
  `set "a b" 'c"d' e\n`,
  request("MSET", ...Array.from({ length: 12 }, (_, index) => `word ${index}`))
].join("")

const everythingRead: Array<Found> = [
  ["SET", "key", "\u0000\r\n$3\r\n\u00ff"],
  PING,
  ["GET", ""],
  ["set", "a b", "c\"d", "e"],
  ["MSET", ...Array.from({ length: 12 }, (_, index) => `word ${index}`)]
]

describe("requests", () => {
  it("are read one after the other from one chunk", () => {
    expect(read(everything)).toEqual(everythingRead)
  })

  it("are the same wherever the stream is cut in two", () => {
    for (let cut = 0; cut <= everything.length; cut++) {
      expect(read(everything.slice(0, cut), everything.slice(cut))).toEqual(everythingRead)
    }
  })

  it("are the same when the stream arrives byte by byte", () => {
    expect(read(...everything)).toEqual(everythingRead)
  })

  it.prop("are the same however the stream is cut", [
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 })
  ], ([lengths]) => {
    const chunks: Array<string> = []
    for (let at = 0; at < everything.length;) {
      const length = lengths[chunks.length % lengths.length]!
      chunks.push(everything.slice(at, at + length))
      at += length
    }
    expect(read(...chunks)).toEqual(everythingRead)
  })

  it("keep their arguments when later chunks arrive", () => {
    const parser = new Resp.Parser()
    const kept: Array<readonly [Uint8Array, string]> = []
    const stream = Array.from({ length: 500 }, (_, index) => request("a", "v".repeat(index)))
      .join("")
    for (let at = 0; at < stream.length; at += 777) {
      parser.push(bytes(stream.slice(at, at + 777)))
      while (parser.next() === "Request") kept.push([parser.request[1]!, text(parser.request[1]!)])
    }
    expect(kept.length).toBe(500)
    kept.forEach(([value, asItWas], index) => {
      expect(asItWas).toBe("v".repeat(index))
      expect(text(value)).toBe(asItWas)
    })
  })

  it("hold whatever a large value holds, and it is copied a bounded number of times", () => {
    const value = "\r\n*1\r\n".repeat(200_000)
    const stream = bytes(request("SET", "key", value) + request("PING"))
    const parser = new Resp.Parser()
    const found: Array<Found> = []
    for (let at = 0; at < stream.length; at += 1000) {
      parser.push(stream.slice(at, at + 1000))
      found.push(...drain(parser))
    }
    expect(found).toEqual([["SET", "key", value], PING])
    expect(parser.bufferedBytes).toBe(0)
  })
})

describe("a request on a line", () => {
  it.each([
    [`ECHO "a b"`, ["ECHO", "a b"]],
    [`ECHO ""`, ["ECHO", ""]],
    [`ECHO "\\x41\\n\\r\\t\\b\\a\\q\\""`, ["ECHO", "A\n\r\t\b\u0007q\""]],
    [`ECHO "\\xzz\\x4"`, ["ECHO", "xzzx4"]],
    [`ECHO '\\x41\\n' 'a\\'b'`, ["ECHO", "\\x41\\n", "a'b"]],
    [`a"b c"`, ["ab c"]],
    [`  PING\tx  `, ["PING", "x"]],
    [`PING\u000bx`, ["PING\u000bx"]]
  ])("is split as Redis splits %s", (line, words) => {
    expect(read(`${line}\r\n`)).toEqual([words])
  })

  it.each([`"a`, `'a`, `"a"b`, `'a'b`, `"a\\`, `"a\\"`])(
    "is refused for the quotes of %s",
    (line) => {
      expect(read(`ECHO ${line}\r\n`)).toEqual(broken("unbalanced quotes in request"))
    }
  )
})

describe("what is not the protocol", () => {
  it.each([
    ["*abc\r\n", "invalid multibulk length"],
    ["*\r\n", "invalid multibulk length"],
    ["*+1\r\n", "invalid multibulk length"],
    ["*01\r\n", "invalid multibulk length"],
    ["*1048577\r\n", "invalid multibulk length"],
    ["*99999999999999999999\r\n", "invalid multibulk length"],
    ["*1\r\n$abc\r\n", "invalid bulk length"],
    ["*1\r\n$\r\n", "invalid bulk length"],
    ["*1\r\n$-1\r\n", "invalid bulk length"],
    ["*1\r\n$536870913\r\n", "invalid bulk length"],
    ["*1\r\nx4\r\n", "expected '$', got 'x'"],
    ["*1\r\n\r\n", "expected '$', got ' '"]
  ])("breaks the connection: %j", (sent, message) => {
    expect(read(sent)).toEqual(broken(message))
    expect(read(...sent)).toContainEqual(broken(message)[0])
  })

  it("is not read beyond", () => {
    expect(read(request("PING") + "*x\r\n" + request("PING"))).toEqual([
      PING,
      ...broken("invalid multibulk length")
    ])
    const parser = new Resp.Parser()
    parser.push(bytes("*x\r\n"))
    expect(parser.next()).toBe("Broken")
    parser.push(bytes(request("PING")))
    expect(parser.next()).toBe("Broken")
  })

  it.each([
    ["", "too big inline request"],
    ["*", "too big mbulk count string"],
    ["*1\r\n$", "too big bulk count string"]
  ])("is a line after %j that does not end within its limit", (start, message) => {
    const line = "1".repeat(Resp.LINE_LIMIT_BYTES + 1)
    const parser = new Resp.Parser()
    parser.push(bytes(start + line.slice(0, -2)))
    expect(parser.next()).toBe("Incomplete")
    parser.push(bytes(line.slice(-2)))
    expect(drain(parser)).toEqual(broken(message))
    expect(read(`${start}${line}\r\n`)).toEqual(broken(message))
  })
})

describe("a request of a stranger", () => {
  const argument = "x".repeat(Resp.STRANGER_BULK_LIMIT_BYTES)

  it("is read up to the limits for strangers", () => {
    const words = [argument, ...Array.from({ length: Resp.STRANGER_ARGUMENTS_LIMIT - 1 }, () => "")]
    const parser = new Resp.Parser(() => true)
    parser.push(bytes(request(...words)))
    expect(drain(parser)).toEqual([words])
  })

  it.each([
    [`*${Resp.STRANGER_ARGUMENTS_LIMIT + 1}\r\n`, "unauthenticated multibulk length"],
    [`*1\r\n$${Resp.STRANGER_BULK_LIMIT_BYTES + 1}\r\n`, "unauthenticated bulk length"],
    ["*1048577\r\n", "invalid multibulk length"],
    ["*1\r\n$536870913\r\n", "invalid bulk length"]
  ])("breaks the connection beyond them, before any of it is kept: %j", (sent, message) => {
    const parser = new Resp.Parser(() => true)
    parser.push(bytes(sent))
    expect(drain(parser)).toEqual(broken(message))
    expect(parser.bufferedBytes).toBe(0)
  })

  it("is one of an acquaintance as soon as the client is one", () => {
    let isStranger = true
    const parser = new Resp.Parser(() => isStranger)
    parser.push(bytes(request("AUTH", "secret") + request("ECHO", `${argument}x`)))
    expect(parser.next()).toBe("Request")
    isStranger = false
    expect(drain(parser)).toEqual([["ECHO", `${argument}x`]])
  })
})

describe("a request beyond the limits of the cache", () => {
  const length = Command.VALUE_LIMIT_BYTES + 1
  const start = `*4\r\n$3\r\nSET\r\n$3\r\nkey\r\n$${length}\r\n`
  const chunk = new Uint8Array(64 * 1024).fill(0x2a)

  it("is skipped without being kept, answered, and the next is read", () => {
    const parser = new Resp.Parser()
    parser.push(bytes(start))
    expect(parser.next()).toBe("Incomplete")
    for (let left = length; left > 0; left -= chunk.length) {
      parser.push(chunk.subarray(0, Math.min(left, chunk.length)))
      expect(parser.next()).toBe("Incomplete")
      expect(parser.bufferedBytes).toBe(0)
    }
    parser.push(bytes("\r"))
    expect(parser.next()).toBe("Incomplete")
    parser.push(bytes(`\n$4\r\nmore\r\n${request("PING")}`))
    expect(drain(parser)).toEqual([tooLong, PING])
  })

  it("is refused for its arguments together, too, those without bytes included", () => {
    const many = Math.floor(Resp.REQUEST_LIMIT_BYTES / Resp.ARGUMENT_OVERHEAD_BYTES) + 1
    const parser = new Resp.Parser()
    parser.push(bytes(`*${many}\r\n`))
    const some = bytes("$0\r\n\r\n".repeat(1000))
    for (let sent = 0; sent < many; sent += 1000) {
      expect(parser.next()).toBe("Incomplete")
      parser.push(some.subarray(0, 6 * Math.min(1000, many - sent)))
    }
    parser.push(bytes(request("PING")))
    const [refused, next] = drain(parser)
    expect(refused).toHaveProperty(
      "refused",
      expect.stringContaining("ERR the arguments of one command")
    )
    expect(next).toEqual(PING)
    expect(Resp.REQUEST_LIMIT_BYTES).toBeGreaterThan(Command.VALUE_LIMIT_BYTES)
  })

  it("is a command that no log entry could hold: all others it could", () => {
    const value = "v".repeat(Command.VALUE_LIMIT_BYTES)
    expect(read(request("SET", "key", value))).toEqual([["SET", "key", value]])
    const words = Array.from({ length: 4000 }, () => "w".repeat(2000))
    expect(read(request("MSET", ...words))).toEqual([["MSET", ...words]])
    const pairs = words.map((word) => [word, bytes(word)] as const)
    expect(Command.encodeCall(Command.words("mset", ...pairs.slice(0, 2000).flat())).length)
      .toBeLessThanOrEqual(Command.LIMIT_BYTES)
  })
})
