/**
 * Three nodes of etcd on this machine, with its default timeouts, and our load generator at one of
 * them.
 */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Processes from "./Processes.mjs"

const SOURCE = fileURLToPath(new URL("./EtcdLoad.c", import.meta.url))

/** Compiles the load generator; undefined if there is no compiler. */
export const compile = async (folder) => {
  const program = join(folder, "EtcdLoad")
  const output = await Processes.ask("cc", ["-O2", "-o", program, SOURCE])
  return output === undefined ? undefined : program
}

const statusAt = async (port) => {
  const words = ["--endpoints", `127.0.0.1:${port}`, "endpoint", "status", "--write-out", "json"]
  const output = await Processes.ask("env", ["ETCDCTL_API=3", "etcdctl", ...words])
  const [{ Status: status }] = JSON.parse(output ?? "[{}]")
  return status
}

export const startCluster = async (folder) => {
  const ids = ["e1", "e2", "e3"]
  const ports = await Processes.freePorts(6)
  const url = (port) => `http://127.0.0.1:${port}`
  const peers = ids.map((id, at) => `${id}=${url(ports[at])}`).join(",")
  const nodes = ids.map((id, at) => {
    const [peerUrl, clientUrl] = [url(ports[at]), url(ports[3 + at])]
    const words = Processes.flags({
      name: id,
      "data-dir": join(folder, id),
      "initial-cluster": peers,
      "listen-peer-urls": peerUrl,
      "initial-advertise-peer-urls": peerUrl,
      "listen-client-urls": clientUrl,
      "advertise-client-urls": clientUrl,
      "quota-backend-bytes": 8 * 2 ** 30
    })
    // It has a lot to say when all is well.
    return { id, port: ports[3 + at], process: Processes.start("etcd", words, "ignore") }
  })
  const leader = await Processes.eventually(async () => {
    const all = await Promise.all(nodes.map(({ port }) => statusAt(port)))
    return nodes.find((_, at) => all[at]?.leader && all[at].leader === all[at].header.member_id)
  })
  return {
    nodes,
    leader,
    stop: () => Promise.all(nodes.map((node) => node.process.end("SIGTERM")))
  }
}

/** Requests per second, and latencies in milliseconds. A get is linearizable. */
export const load = async (program, options) => {
  const { connections, keys, operation, port, seconds, valueBytes } = options
  const words = [port, operation, connections, seconds, valueBytes, keys]
  const measured = JSON.parse(await Processes.run(program, words))
  if (measured.failed > 0) throw new Error(`etcd failed ${measured.failed} requests`)
  return measured
}
