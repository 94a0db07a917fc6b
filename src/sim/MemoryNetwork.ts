/**
 * A network within one process, held by a test as a hub that every node's layer plugs into. It does
 * what the port allows a network to do, on demand and from one seed: it drops, delays, repeats and
 * reorders, and it cuts links in one direction or in both. The same seed and the same calls give
 * the same history.
 *
 * Time is Effect's Clock, so under a TestClock what is delayed waits for its adjustment. Without a
 * delay two nodes can go on talking to each other before any timer of the real clock fires: a test
 * that runs in real time and needs timers should delay by a millisecond.
 */
import { Effect, Layer, Utils } from "effect"
import type { Scope } from "effect"
import { Network } from "../service/Network.js"
import type { Receiver } from "../service/Network.js"
import { FRAME_LIMIT_BYTES } from "../wire/Frame.js"
import * as Correspondents from "./Correspondents.js"
import * as Deliveries from "./Deliveries.js"

/** Probabilities are from 0 to 1, for each payload on its own; delays are whole and inclusive. */
export interface Faults {
  readonly dropProbability: number
  /** The second comes later, by up to `heldBackMaxMillis`. */
  readonly duplicateProbability: number
  /** Held back by up to `heldBackMaxMillis`, so that later ones overtake. */
  readonly reorderProbability: number
  readonly delayMinMillis: number
  readonly delayMaxMillis: number
  /** At least 1. */
  readonly heldBackMaxMillis: number
}

export const noFaults: Faults = {
  dropProbability: 0,
  duplicateProbability: 0,
  reorderProbability: 0,
  delayMinMillis: 0,
  delayMaxMillis: 0,
  heldBackMaxMillis: 50
}

/** A cut link loses what is sent on it and what would arrive on it. Nobody is told. */
export interface Hub {
  /** For what is sent from now on; what is not given stays as it is. */
  readonly setFaults: (changes: Partial<Faults>) => void
  /** One direction only. */
  readonly cut: (from: string, to: string) => void
  /** Both directions between each of `side` and each of `other`. */
  readonly partition: (side: ReadonlyArray<string>, other: ReadonlyArray<string>) => void
  /** Both directions between `node` and everybody else. */
  readonly isolate: (node: string) => void
  /** Mends every link. The faults stay. */
  readonly heal: () => void
  /** What `layer` is made of: until the scope closes, `receiver` gets what is sent to `node`. */
  readonly attach: (node: string, receiver: Receiver) => Effect.Effect<void, never, Scope.Scope>
  readonly send: (from: string, to: string, payload: Uint8Array) => void
}

export interface Options {
  /** A whole number. */
  readonly seed: number
  readonly faults?: Partial<Faults>
}

/** Runs by the Clock it is made under; the nodes must run by the same. */
export const make = (options: Options): Effect.Effect<Hub, never, Scope.Scope> =>
  Effect.gen(function*() {
    const deliveries = yield* Deliveries.make
    const random = new Utils.PCGRandom(options.seed)
    const receivers = new Map<string, Receiver>()
    const cuts = new Set<string>()
    const isolated = new Set<string>()
    /** When the last of those in order arrives on a link: those after it do not overtake it. */
    const lastMillis = new Map<string, number>()
    let faults: Faults = { ...noFaults, ...options.faults }

    const chance = (probability: number): boolean => random.number() < probability
    const between = (least: number, most: number): number =>
      least + random.integer(most - least + 1)

    const cut = (from: string, to: string): void => void cuts.add(link(from, to))
    const isCut = (from: string, to: string): boolean =>
      isolated.has(from) || isolated.has(to) || cuts.has(link(from, to))

    /** All that one node causes at another takes this way. */
    const post = (from: string, to: string, call: (receiver: Receiver) => void): void => {
      if (isCut(from, to) || chance(faults.dropProbability)) return
      const deliver = (): void => {
        const receiver = receivers.get(to)
        if (receiver !== undefined && !isCut(from, to)) call(receiver)
      }
      const millis = deliveries.nowMillis() + between(faults.delayMinMillis, faults.delayMaxMillis)
      const late = (): number => millis + between(1, faults.heldBackMaxMillis)
      if (chance(faults.duplicateProbability)) deliveries.add(late(), deliver)
      if (chance(faults.reorderProbability)) return deliveries.add(late(), deliver)
      const inOrder = Math.max(millis, lastMillis.get(link(from, to)) ?? millis)
      lastMillis.set(link(from, to), inOrder)
      deliveries.add(inOrder, deliver)
    }

    const detach = (node: string, receiver: Receiver): void => {
      if (receivers.get(node) !== receiver) return
      receivers.delete(node)
      for (const other of receivers.keys()) post(node, other, (it) => it.unreachable(node))
    }

    return {
      setFaults: (changes) => void (faults = { ...faults, ...changes }),
      cut,
      partition: (side, other) => {
        for (const one of side) {
          for (const another of other) {
            cut(one, another)
            cut(another, one)
          }
        }
      },
      isolate: (node) => void isolated.add(node),
      heal: () => {
        cuts.clear()
        isolated.clear()
      },
      attach: (node, receiver) =>
        Effect.acquireRelease(
          Effect.sync(() => void receivers.set(node, receiver)),
          () => Effect.sync(() => detach(node, receiver))
        ),
      send: (from, to, payload) => {
        if (!receivers.has(from) || from === to || payload.length > FRAME_LIMIT_BYTES) return
        // Copied only now: a sender that writes to what it has sent is not spared the consequence.
        post(from, to, (it) => it.received(from, payload.slice()))
      }
    }
  })

const link = (from: string, to: string): string => `${from}\n${to}`

export const layer = (hub: Hub, node: string): Layer.Layer<Network> =>
  Layer.sync(Network, () => {
    const way = Correspondents.make()
    return {
      run: (receiver) => hub.attach(node, way.listening(receiver)),
      setPeers: way.setPeers,
      send: (to, payload) => {
        if (way.isKnown(to)) hub.send(node, to, payload)
      }
    }
  })
