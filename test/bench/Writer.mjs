/**
 * A client of one node that always has some writes on their way, so that the node never waits for
 * it.
 */
import * as Net from "node:net"

const LOOK_MILLIS = 10

/** A request as client libraries send it. All words are ASCII. */
const requestOf = (words) =>
  words.reduce((text, word) => `${text}$${word.length}\r\n${word}\r\n`, `*${words.length}\r\n`)

/**
 * Writes at `node`, `depth` at a time, until it is stopped: half of them are sent when the other
 * half is answered. `wordsOf` counts from 0.
 */
export const start = (node, depth, wordsOf) => {
  const told = { done: 0, refused: 0 }
  let [begun, isOver] = [0, false]
  const waiting = () => begun - told.done - told.refused
  const socket = Net.connect({ host: "127.0.0.1", port: node.port, noDelay: true })
  const send = () => {
    if (isOver || waiting() > depth / 2) return
    let text = ""
    while (waiting() < depth) text += requestOf(wordsOf(begun++))
    socket.write(text)
  }
  let rest = ""
  socket.setEncoding("latin1")
  socket.on("data", (text) => {
    const lines = (rest + text).split("\r\n")
    rest = lines.pop()
    for (const line of lines) told[line === "+OK" ? "done" : "refused"] += 1
    send()
  })
  socket.once("connect", send)
  return {
    told,
    stop: async () => {
      isOver = true
      while (waiting() > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_MILLIS))
      socket.destroy()
    }
  }
}
