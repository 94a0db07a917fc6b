/**
 * Three nodes as processes of this machine, for benchmarks that need no other program, and a client
 * that always has some writes on their way.
 */
import * as Net from "node:net"
import { join } from "node:path"
import * as Processes from "./Processes.mjs"
import { MAIN } from "./Raftcache.mjs"

export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

export const start = async (folder) => {
  const ids = ["n1", "n2", "n3"]
  const ports = await Processes.freePorts(6)
  const peers = ids.map((id, at) => `${id}=127.0.0.1:${ports[at]}`).join(",")
  const nodes = ids.map((id, at) => {
    const port = ports[3 + at]
    const flags = {
      id,
      peers,
      redis: `127.0.0.1:${port}`,
      data: join(folder, id),
      "log-level": "error"
    }
    const words = [MAIN, ...Processes.flags(flags)]
    const node = { id, port, process: undefined }
    node.start = () => void (node.process = Processes.start(process.execPath, words))
    return node
  })
  for (const node of nodes) node.start()
  return nodes
}

/** Whom all nodes follow, as soon as that is so. */
export const leaderOf = async (nodes) => {
  for (;;) {
    const seen = await Promise.all(nodes.map(async ({ port }) => {
      const words = [MAIN, "status", "--at", `127.0.0.1:${port}`, "--json"]
      try {
        return JSON.parse(await Processes.run(process.execPath, words)).leader_id
      } catch {
        return "" // not up yet
      }
    }))
    const leader = nodes.find(({ id }) => seen.every((each) => each === id))
    if (leader !== undefined) return leader
    await sleep(100)
  }
}

/** One line of what `INFO raft` says, as a number; 0 while the node is not up. */
export const infoOf = ({ port }, name) =>
  new Promise((resolve) => {
    const line = new RegExp(`^${name}:(\\d+)`, "m")
    let text = ""
    const socket = Net.connect({ host: "127.0.0.1", port, timeout: 1_000 })
    const end = (value) => {
      socket.destroy()
      resolve(value)
    }
    socket.on("error", () => end(0))
    socket.on("timeout", () => end(0))
    socket.on("connect", () => socket.write("INFO raft\r\n"))
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1")
      const found = line.exec(text)
      if (found !== null) end(Number(found[1]))
    })
  })

/**
 * Writes at `node`, `depth` at a time, until it is stopped: half of them are sent when the other
 * half is answered. `commandOf` counts from 0.
 */
export const writer = (node, depth, commandOf) => {
  const told = { done: 0, refused: 0 }
  let [begun, isOver] = [0, false]
  const waiting = () => begun - told.done - told.refused
  const socket = Net.connect({ host: "127.0.0.1", port: node.port, noDelay: true })
  const send = () => {
    if (isOver || waiting() > depth / 2) return
    let text = ""
    while (waiting() < depth) text += `${commandOf(begun++)}\r\n`
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
      while (waiting() > 0) await sleep(10)
      socket.destroy()
    }
  }
}
