/**
 * Three nodes of raftcache on this machine, clients of them, and redis-benchmark at one of them.
 */
import * as Net from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Processes from "./Processes.mjs"

export const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url))

/** Where the first reply of `text` ends, or undefined: one line, or a bulk string after its own. */
const endOfReply = (text) => {
  const line = text.indexOf("\r\n")
  if (line === -1) return undefined
  const end = line + 2 + (text[0] === "$" ? Math.max(0, Number(text.slice(1, line)) + 2) : 0)
  return end <= text.length ? end : undefined
}

/** One connection: `send` resolves with the reply as it came, or with undefined if none comes. */
export const connect = (port) => {
  const waiting = []
  let received = ""
  const socket = Net.connect({ host: "127.0.0.1", port, noDelay: true })
  socket.setEncoding("latin1")
  socket.on("error", () => {})
  socket.on("close", () => {
    for (const resolve of waiting.splice(0)) resolve(undefined)
  })
  socket.on("data", (text) => {
    received += text
    for (let end = endOfReply(received); end !== undefined; end = endOfReply(received)) {
      waiting.shift()?.(received.slice(0, end).trimEnd())
      received = received.slice(end)
    }
  })
  return {
    close: () => socket.destroy(),
    send: (command) =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve(undefined)
        waiting.push(resolve)
        socket.write(`${command}\r\n`)
      })
  }
}

/** What a node says of one thing in `INFO raft`; undefined while it is not up, or does not know. */
export const ask = async (port, name) => {
  const client = connect(port)
  const text = await client.send("INFO raft")
  client.close()
  return new RegExp(`^${name}:(\\S+)`, "m").exec(text ?? "")?.[1]
}

export const startCluster = async (folder) => {
  const ids = ["n1", "n2", "n3"]
  const ports = await Processes.freePorts(6)
  const peers = ids.map((id, at) => `${id}=127.0.0.1:${ports[at]}`).join(",")
  const nodes = ids.map((id, at) => {
    const port = ports[3 + at]
    const redis = `127.0.0.1:${port}`
    const flags = { id, peers, redis, data: join(folder, id), "log-level": "error" }
    const words = [process.execPath, MAIN, ...Processes.flags(flags)]
    /** `before` is what runs it, if that is not the shell's business alone: `nice`, say. */
    const start = (...before) => {
      const [program, ...rest] = [...before, ...words]
      node.process = Processes.start(program, rest)
    }
    const node = { id, port, data: flags.data, process: undefined, start }
    return node
  })
  for (const node of nodes) node.start()
  /** The leader that all these nodes follow, as soon as that is so. */
  const leader = (witnesses = nodes) =>
    Processes.eventually(async () => {
      const [first, ...others] = await Promise.all(
        witnesses.map(({ port }) => ask(port, "leader_id"))
      )
      return others.every((id) => id === first) ? nodes.find(({ id }) => id === first) : undefined
    })
  await leader()
  return {
    nodes,
    leader,
    stop: () => Promise.all(nodes.map((node) => node.process.end("SIGTERM")))
  }
}

/** Requests per second, and latencies in milliseconds. */
export const load = async ({ connections, keys, operation, port, requests, valueBytes }) => {
  const words = `-p ${port} -t ${operation} -n ${requests} -c ${connections} ` +
    `-d ${valueBytes} -r ${keys} --csv`
  const output = await Processes.run("redis-benchmark", words.split(" "))
  const [names, values] = output.trim().split("\n").map((line) =>
    line.split(",").map((cell) => cell.replaceAll("\"", ""))
  )
  const value = (name) => Number(values[names.indexOf(name)])
  return { rate: value("rps"), p50: value("p50_latency_ms"), p99: value("p99_latency_ms") }
}
