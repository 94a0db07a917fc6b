/**
 * Whom this node talks to, as its log has it: every member of the configuration that counts, and
 * for a while whoever was left out, so that it hears of that. What is committed also says which ids
 * are free to be given again.
 */
import type { Configuration } from "../raft/Configuration.js"
import * as Configurations from "../raft/Configuration.js"
import type { Index } from "../raft/EntryId.js"
import type { NodeId } from "../raft/Event.js"
import type { State } from "../raft/State.js"
import type { Addresses, Network } from "../service/Network.js"

export class Peers {
  readonly #network: Pick<Network["Type"], "setPeers">
  readonly #settle: (index: Index, members: ReadonlyArray<NodeId>) => void
  #configuration: Configuration | undefined
  #parting: State["parting"] | undefined
  #settled: Configuration | undefined

  /** `settle` is called with each committed configuration. */
  constructor(
    network: Pick<Network["Type"], "setPeers">,
    settle: (index: Index, members: ReadonlyArray<NodeId>) => void
  ) {
    this.#network = network
    this.#settle = settle
  }

  /** After everything that may have changed them. */
  turn(state: State): void {
    const { commit, configuration, parting } = state
    if (configuration !== this.#configuration || parting !== this.#parting) {
      this.#configuration = configuration
      this.#parting = parting
      this.#network.setPeers(addressesOf(state))
    }
    if (configuration.index <= commit && configuration !== this.#settled) {
      this.#settled = configuration
      this.#settle(configuration.index, Configurations.members(configuration))
    }
  }
}

/** Where they are reached, as the newest configuration that names them says. */
const addressesOf = ({ configuration, earlierConfigurations, parting }: State): Addresses => {
  const known: Addresses = Object.assign(
    {},
    ...[...earlierConfigurations, configuration].map(({ addresses }) => addresses)
  )
  const peers = [...Configurations.members(configuration), ...Object.keys(parting)]
  return Object.fromEntries(peers.map((peer) => [peer, known[peer] ?? ""]))
}
