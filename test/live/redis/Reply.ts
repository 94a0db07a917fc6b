/**
 * Cuts what a Redis server says into its replies, in either version of the protocol, and keeps the
 * bytes of each as they came: two replies are the same when their bytes are. Texts are taken one
 * byte a character.
 */

export interface Reply {
  /** Its bytes, those of its items included. */
  readonly raw: string
  /** The first byte, which tells what it is. */
  readonly mark: string
  /** The rest of its line, or what the length before it announced. */
  readonly text: string
  /** Of an array, set, map, push or attribute; keys and values of a map by turns. */
  readonly items: ReadonlyArray<Reply>
}

/** The connection ended before the reply; no server says this. */
export const CLOSED: Reply = { raw: "(closed)", mark: "", text: "", items: [] }

/** The server owes the reply and has been silent for too long; no server says this. */
export const SILENT: Reply = { raw: "(silent)", mark: "", text: "", items: [] }

const BULKS = "$=!"
const LISTS = "*~>"
/** Their length counts pairs. An attribute stands before the reply that it belongs to. */
const PAIRS = "%|"
const MARKS = `+-:_,#(${BULKS}${LISTS}${PAIRS}`

/**
 * The reply that begins at `from`, or undefined while some of it is missing. What is not the
 * protocol is a reply with all that follows.
 */
export const read = (said: string, from: number): Reply | undefined => {
  const lineEnd = said.indexOf("\r\n", from)
  if (lineEnd < 0) return undefined
  const mark = said[from]!
  if (!MARKS.includes(mark)) return { raw: said.slice(from), mark: "", text: "", items: [] }
  const line = said.slice(from + 1, lineEnd)
  const start = lineEnd + 2
  if (BULKS.includes(mark) && line !== "-1") {
    const end = start + Number(line)
    if (said.length < end + 2) return undefined
    return { raw: said.slice(from, end + 2), mark, text: said.slice(start, end), items: [] }
  }
  const items = readItems(said, start, countOf(mark, line))
  if (items === undefined) return undefined
  const end = items.reduce((at, { raw }) => at + raw.length, start)
  return { raw: said.slice(from, end), mark, text: line, items }
}

const countOf = (mark: string, line: string): number => {
  if (LISTS.includes(mark)) return Math.max(0, Number(line))
  if (!PAIRS.includes(mark)) return 0
  return 2 * Number(line) + (mark === "|" ? 1 : 0)
}

const readItems = (
  said: string,
  start: number,
  count: number
): ReadonlyArray<Reply> | undefined => {
  const items: Array<Reply> = []
  let at = start
  while (items.length < count) {
    const item = read(said, at)
    if (item === undefined) return undefined
    items.push(item)
    at += item.raw.length
  }
  return items
}

/** Said unasked (CLIENT TRACKING, subscriptions): no reply to any request. */
export const isPush = ({ mark }: Reply): boolean => mark === ">"

/** An array of any kind: not nil, and not an error. */
export const isList = ({ mark, text }: Reply): boolean =>
  (LISTS + PAIRS).includes(mark) && mark !== "" && text !== "-1"

/** An array of these. */
export const list = (items: ReadonlyArray<Reply>): Reply => {
  const raws = items.map(({ raw }) => raw).join("")
  return { raw: `*${items.length}\r\n${raws}`, mark: "*", text: String(items.length), items }
}
