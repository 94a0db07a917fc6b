/**
 * What goes wrong in the life of a seed: single troubles, and the patterns in which real networks
 * and machines fail.
 */
import type { Dice } from "./Dice.js"
import type { Fault, Link, Target, Trouble } from "./Scenario.js"

/** Everything that a family needs to know. */
interface Context {
  readonly dice: Dice
  readonly nodes: number
  readonly atMicros: number
  readonly forMicros: number
  /** The election timeout. */
  readonly timeoutMicros: number
  /** Nodes whose disks may be spoilt, each of them once; taken out when it is used. */
  readonly expendable: Array<number>
}

type Family = (context: Context) => ReadonlyArray<Fault>

/** A node, and more often than by chance the one that leads. */
const target = ({ dice, nodes }: Context): Target => dice.chance(400) ? "leader" : dice.below(nodes)

const one = (trouble: (context: Context) => Trouble): Family => (context) => {
  const { atMicros, forMicros } = context
  return [{ atMicros, forMicros, trouble: trouble(context) }]
}

const between = (
  side: ReadonlyArray<number>,
  other: ReadonlyArray<number>
): ReadonlyArray<Link> => side.flatMap((from) => other.map((to): Link => [from, to]))

const range = (nodes: number): ReadonlyArray<number> => Array.from({ length: nodes }, (_, at) => at)

/** Two sides, in both directions. */
const partition: Family = one(({ dice, nodes }) => {
  const order = dice.shuffle(range(nodes))
  const size = dice.between(1, Math.max(1, nodes - 1))
  const [side, other] = [order.slice(0, size), order.slice(size)]
  return { _tag: "Cut", links: [...between(side, other), ...between(other, side)] }
})

/** Some links in one direction only. */
const oneWay: Family = one(({ dice, nodes }) => {
  const links = dice.shuffle(between(range(nodes), range(nodes)).filter(([a, b]) => a !== b))
  return { _tag: "Cut", links: links.slice(0, dice.between(1, Math.max(1, links.length >> 1))) }
})

/** Two halves that only one node in the middle can reach. */
const bridge: Family = one(({ dice, nodes }) => {
  const [, ...order] = dice.shuffle(range(nodes))
  const half = order.length >> 1
  const [side, other] = [order.slice(0, half), order.slice(half)]
  return { _tag: "Cut", links: [...between(side, other), ...between(other, side)] }
})

/** Each node sees only its neighbours. */
const ring: Family = one(({ dice, nodes }) => {
  const order = dice.shuffle(range(nodes))
  const isNear = (a: number, b: number): boolean => {
    const apart = Math.abs(order.indexOf(a) - order.indexOf(b))
    return apart <= 1 || apart === nodes - 1
  }
  return { _tag: "Cut", links: between(order, order).filter(([a, b]) => !isNear(a, b)) }
})

const isolate: Family = one((context) => ({
  _tag: "Isolate",
  node: target(context),
  direction: context.dice.oneOf(["both", "both", "in", "out"])
}))

/** Cut and mended again and again. */
const flapping: Family = ({ atMicros, dice, forMicros, nodes }) => {
  const node = dice.below(nodes)
  const times = dice.between(3, 8)
  const step = Math.max(2, Math.floor(forMicros / times))
  return Array.from({ length: times }, (_, at) => ({
    atMicros: atMicros + at * step,
    forMicros: step >> 1,
    trouble: { _tag: "Isolate", node, direction: dice.oneOf(["both", "in", "out"]) }
  }))
}

const clog: Family = one(({ dice, nodes }) => {
  const links = dice.shuffle(between(range(nodes), range(nodes)).filter(([a, b]) => a !== b))
  return { _tag: "Clog", links: links.slice(0, dice.between(1, Math.max(1, links.length >> 1))) }
})

/** Nodes are clogged one after the other and freed in another order (FoundationDB). */
const swizzle: Family = ({ atMicros, dice, forMicros, nodes }) =>
  range(nodes).filter(() => dice.chance(500)).map((node) => {
    const others = range(nodes).filter((other) => other !== node)
    const begins = dice.below(Math.max(1, forMicros >> 1))
    const ends = (forMicros >> 1) + dice.below(Math.max(1, forMicros >> 1))
    return {
      atMicros: atMicros + begins,
      forMicros: Math.max(1, ends - begins),
      trouble: {
        _tag: "Clog",
        links: [...between([node], others), ...between(others, [node])]
      }
    }
  })

/** One after the other, as an upgrade does it. */
const rolling: Family = ({ atMicros, dice, forMicros, nodes }) => {
  const step = Math.max(2, Math.floor(forMicros / nodes))
  const isGraceful = dice.chance(500)
  return range(nodes).map((node) => ({
    atMicros: atMicros + node * step,
    forMicros: step >> 1,
    trouble: isGraceful ? { _tag: "Stop", node } : { _tag: "Kill", node, while: "any" }
  }))
}

/** The whole room goes dark. */
const blackout: Family = ({ atMicros, dice, forMicros, nodes }) =>
  range(nodes).map((node) => ({
    atMicros,
    forMicros: forMicros + dice.below(500_000),
    trouble: { _tag: "Crash", node, while: "any" }
  }))

const spoil = (tag: "Rot" | "Misdirect" | "Wipe"): Family => ({ atMicros, dice, ...context }) => {
  const { expendable, forMicros } = context
  const [node] = expendable.splice(dice.below(Math.max(1, expendable.length)), 1)
  return node === undefined ? [] : [{ atMicros, forMicros, trouble: { _tag: tag, node } }]
}

/** Whoever leads loses power while it writes, again and again (the figure 8 of the Raft paper). */
const leaderless: Family = ({ atMicros, dice, forMicros, timeoutMicros }) => {
  const step = timeoutMicros + dice.below(2 * timeoutMicros)
  return Array.from({ length: dice.between(3, 6) }, (_, at) => ({
    atMicros: atMicros + at * step,
    forMicros: Math.max(timeoutMicros, forMicros) + dice.below(timeoutMicros),
    trouble: { _tag: "Crash", node: "leader", while: dice.oneOf(["writing", "writing", "any"]) }
  }))
}

/**
 * A leader goes on alone, or with less than half, and takes what it is sent; the others elect
 * another. Its last messages may wait on the way for as long, and it may fall when it is back.
 */
const minority: Family = ({ atMicros, dice, timeoutMicros, nodes }) => {
  const forMicros = timeoutMicros * 2 + dice.below(4 * timeoutMicros)
  const faults: Array<Fault> = [{
    atMicros,
    forMicros,
    trouble: { _tag: "Isolate", node: "leader", direction: dice.oneOf(["both", "out", "in"]) }
  }]
  if (dice.chance(400)) {
    const others = range(nodes)
    const links = between(others, others).filter(([a, b]) => a !== b && dice.chance(400))
    const lead = dice.below(timeoutMicros)
    faults.push({
      atMicros: Math.max(0, atMicros - lead),
      forMicros: forMicros + lead + dice.below(2 * timeoutMicros),
      trouble: { _tag: "Clog", links }
    })
  }
  if (dice.chance(400)) {
    faults.push({
      atMicros: atMicros + forMicros + dice.below(timeoutMicros),
      forMicros: 1 + dice.below(2 * timeoutMicros),
      trouble: dice.chance(500)
        ? { _tag: "Crash", node: dice.below(nodes), while: dice.oneOf(["writing", "any"]) }
        : { _tag: "Isolate", node: "leader", direction: "both" }
    })
  }
  return faults
}

/** Gone for about as long as the others wait before they elect another. */
const lapse: Family = ({ atMicros, dice, timeoutMicros }) => {
  const forMicros = timeoutMicros + dice.below(2 * timeoutMicros)
  const trouble = dice.oneOf<Trouble>([
    { _tag: "Pause", node: "leader" },
    { _tag: "Isolate", node: "leader", direction: "both" },
    { _tag: "Isolate", node: "leader", direction: "in" },
    { _tag: "Isolate", node: "leader", direction: "out" },
    { _tag: "Stall", node: "leader" }
  ])
  return [{ atMicros, forMicros, trouble }]
}

/** One misfortune seldom comes alone: the same node again, as soon as it is back. */
const again: Family = (context) => {
  const { atMicros, dice, timeoutMicros } = context
  const node = dice.below(context.nodes)
  const forMicros = 1 + dice.below(timeoutMicros)
  const first = dice.oneOf<"Kill" | "Crash">(["Kill", "Kill", "Crash"])
  const second = dice.oneOf<"Kill" | "Crash">(["Crash", "Crash", "Kill"])
  const when = dice.oneOf<"any" | "writing">(["any", "writing"])
  const laterMicros = atMicros + forMicros + dice.below(timeoutMicros)
  return [
    { atMicros, forMicros, trouble: { _tag: first, node, while: "writing" } },
    { atMicros: laterMicros, forMicros, trouble: { _tag: second, node, while: when } }
  ]
}

/** Away for so long that the log of the others no longer reaches back, and lost on the return. */
const interrupted: Family = ({ atMicros, dice, nodes, timeoutMicros }) => {
  const node = dice.below(nodes)
  const forMicros = timeoutMicros * dice.between(2, 8)
  const tag = dice.oneOf<"Kill" | "Crash">(["Crash", "Crash", "Kill"])
  return [
    {
      atMicros,
      forMicros: forMicros + 3 * timeoutMicros,
      trouble: { _tag: tag, node, while: "installing" }
    },
    { atMicros, forMicros, trouble: { _tag: "Isolate", node, direction: "both" } }
  ]
}

/**
 * Somebody stands for election, has written it down, and falls before anybody hears of it: a term
 * that only one node knows. Who led was only away, and leads on.
 */
const unheard: Family = ({ atMicros, dice, timeoutMicros }) => [
  {
    atMicros,
    forMicros: timeoutMicros + dice.below(2 * timeoutMicros),
    trouble: { _tag: "Pause", node: "leader" }
  },
  {
    atMicros: atMicros + 1,
    forMicros: timeoutMicros * 2 + dice.below(6 * timeoutMicros),
    trouble: { _tag: dice.oneOf(["Crash", "Kill"]), node: "candidate", while: "synced" }
  }
]

/** A process that dies whenever it has done a little, and that something starts again at once. */
const crashLoop: Family = ({ atMicros, dice, nodes, timeoutMicros }) => {
  const node = dice.below(nodes)
  let nextMicros = atMicros
  return Array.from({ length: dice.between(3, 8) }, () => {
    const forMicros = 1 + dice.below(timeoutMicros >> 1)
    const fault: Fault = {
      atMicros: nextMicros,
      forMicros,
      trouble: { _tag: "Kill", node, while: "any" }
    }
    nextMicros += forMicros + 1 + dice.exponential(timeoutMicros)
    return fault
  })
}

const simple = (tag: "Stop" | "Pause" | "Stall" | "SyncError"): Family =>
  one((context) => ({ _tag: tag, node: target(context) }))

/** With how often they are drawn, where they are there at all. */
const families: ReadonlyArray<readonly [Family, weight: number]> = [
  [partition, 3],
  [oneWay, 3],
  [bridge, 1],
  [ring, 1],
  [isolate, 4],
  [flapping, 2],
  [clog, 2],
  [swizzle, 2],
  [rolling, 1],
  [blackout, 1],
  [one((context) => ({ _tag: "Crash", node: target(context), while: "any" })), 3],
  [one((context) => ({ _tag: "Crash", node: target(context), while: "writing" })), 5],
  [one((context) => ({ _tag: "Kill", node: target(context), while: "any" })), 2],
  [one((context) => ({ _tag: "Kill", node: target(context), while: "writing" })), 2],
  [one((context) => ({ _tag: "Crash", node: target(context), while: "synced" })), 2],
  [leaderless, 2],
  [unheard, 2],
  [minority, 4],
  [lapse, 4],
  [again, 3],
  [interrupted, 4],
  [crashLoop, 2],
  [simple("Stop"), 2],
  [simple("Pause"), 4],
  [simple("Stall"), 2],
  [simple("SyncError"), 1],
  [
    one((context) => ({ _tag: "Full", node: target(context), bytes: context.dice.below(2_000) })),
    1
  ],
  [
    one((context) => ({
      _tag: "Jump",
      node: target(context),
      millis: context.dice.between(-600_000, 600_000)
    })),
    1
  ],
  [spoil("Rot"), 1],
  [spoil("Misdirect"), 1],
  [spoil("Wipe"), 1]
]

/**
 * What may be under way when the faults end: these leave a node behind that others must bring back,
 * and only if nothing helps them.
 */
const unfinished: ReadonlyArray<readonly [Family, weight: number]> = [
  [minority, 3],
  [unheard, 2],
  [one(({ dice, nodes }) => ({ _tag: "Isolate", node: dice.below(nodes), direction: "out" })), 2],
  [isolate, 1],
  [lapse, 1]
]

export const draw = (
  dice: Dice,
  nodes: number,
  safetyMicros: number,
  electionTimeoutMillis: number
): ReadonlyArray<Fault> => {
  const present = families.filter(([family]) => dice.chance(family === minority ? 600 : 350))
  if (present.length === 0) return []
  const [first, ...others] = present
  const timeoutMicros = 1_000 * electionTimeoutMillis
  const gapMicros = Math.floor(timeoutMicros * dice.oneOf([2, 5, 10, 30]) / 4)
  const lengthMicros = Math.floor(timeoutMicros * dice.oneOf([1, 4, 8, 20]) / 4)
  const expendable = [...dice.shuffle(range(nodes))].slice(0, (nodes - 1) >> 1)
  const faults: Array<Fault> = []
  // The cluster is first given the time to elect a leader, mostly.
  let atMicros = dice.chance(800) ? 2 * timeoutMicros : 0
  while (atMicros < safetyMicros) {
    const family = dice.weighted([first!, ...others])
    const forMicros = 1 + dice.exponential(lengthMicros)
    faults.push(...family({ dice, nodes, atMicros, forMicros, timeoutMicros, expendable }))
    atMicros += 1 + dice.exponential(gapMicros)
  }
  if (dice.chance(500)) {
    const [first, ...others] = unfinished
    const lead = timeoutMicros + dice.below(3 * timeoutMicros)
    const family = dice.weighted([first!, ...others])
    const context = { dice, nodes, timeoutMicros, expendable, forMicros: 2 * lead }
    faults.push(...family({ ...context, atMicros: Math.max(0, safetyMicros - lead) }))
  }
  return faults.sort((one, other) => one.atMicros - other.atMicros)
}
