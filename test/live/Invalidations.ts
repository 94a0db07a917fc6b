/** What a client that tracks is told unasked, in version 3 of the protocol, as values. */
import * as Reply from "./redis/Reply.js"

/** Keys that have changed, all of them, or whoever should have been told is gone. */
export type Told = ReadonlyArray<string> | "all" | "broken"

const NIL = "_"

const toTold = ({ items }: Reply.Reply): Told => {
  const [kind, what] = items
  if (kind?.text === "tracking-redir-broken") return "broken"
  return what!.mark === NIL ? "all" : what!.items.map(({ text }) => text)
}

/** Of all that was said, replies left out. */
export const read = (said: string): ReadonlyArray<Told> => {
  const told: Array<Told> = []
  for (let at = 0; at < said.length;) {
    const reply = Reply.read(said, at)
    if (reply === undefined) throw new Error(`incomplete: ${JSON.stringify(said.slice(at))}`)
    if (Reply.isPush(reply)) told.push(toTold(reply))
    at += reply.raw.length
  }
  return told
}
