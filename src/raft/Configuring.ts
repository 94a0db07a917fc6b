/**
 * The configuration as a function of the log (thesis 4.1): the last one in it counts from when it
 * is appended, committed or not, and the one before it counts again if it is taken back. Earlier
 * ones are kept as long as the log is: a snapshot is taken as of an entry that may be older than
 * the last change.
 */
import type { Configuration } from "./Configuration.js"
import * as Configurations from "./Configuration.js"
import type { Entry } from "./Entry.js"
import type { Index } from "./EntryId.js"
import type { Log } from "./Log.js"
import type { Snapshot } from "./Snapshot.js"
import type { State } from "./State.js"
import type { Draft, Step } from "./Step.js"
import * as Steps from "./Step.js"

export type Known = Pick<State, "configuration" | "earlierConfigurations">

/** What a node finds when it starts: `first` is what its snapshot or its cluster begins with. */
export const recovered = (first: Configuration, log: Log): Known => {
  const held: Array<Configuration> = []
  for (let index = log.base.index + 1; index <= log.last; index++) {
    const entry = log.at(index)
    if (entry?.kind === "Configuration") held.push(entry.configuration)
  }
  return known([
    ...held.filter(({ index }) => index < first.index),
    first,
    ...held.filter(({ index }) => index > first.index)
  ])
}

const configurationsOf = (entry: Entry): ReadonlyArray<Configuration> =>
  entry.kind === "Configuration" ? [entry.configuration] : []

/** `all` is not empty, oldest first. */
const known = (all: ReadonlyArray<Configuration>): Known => ({
  configuration: all[all.length - 1]!,
  earlierConfigurations: all.slice(0, -1)
})

const all = ({ configuration, earlierConfigurations }: Known): ReadonlyArray<Configuration> => [
  ...earlierConfigurations,
  configuration
]

/**
 * The one that held as of the entry at `index`. Of entries before the snapshot that a node has
 * started from it may know none so old: then the oldest that it knows.
 */
export const asOf = (self: Known, index: Index): Configuration => {
  const known = all(self)
  return known.findLast((each) => each.index <= index) ?? known[0]!
}

/** The log has been continued by `entries`. */
export const appended = (next: Draft, entries: ReadonlyArray<Entry>): void => {
  const added = entries.flatMap(configurationsOf)
  if (added.length > 0) Object.assign(next, known([...all(next), ...added]))
}

/** Every entry at and after `from` is gone. */
export const truncated = (next: Draft, from: Index): void => {
  if (next.configuration.index < from) return
  Object.assign(next, known(all(next).filter(({ index }) => index < from)))
}

/** The log begins anew after `snapshot`. */
export const installed = (next: Draft, { configuration }: Snapshot): void => {
  const isSame = Configurations.equals(configuration, next.configuration)
  Object.assign(next, known([isSame ? next.configuration : configuration]))
}

/** The log begins later than before. */
export const compacted = (next: Draft): void => {
  const { index } = asOf(next, next.log.base.index)
  next.earlierConfigurations = next.earlierConfigurations.filter((each) => each.index >= index)
}

/**
 * Whether this node may stand for election: as a voter, or because somebody wants its vote who
 * cannot have it, since this node holds more. Who asks counts it among the voters by an earlier
 * configuration than the one that leaves this node out (thesis 4.2.2, figure 4.6), or by a later
 * one of which it does not know; without it perhaps nobody can be elected. Its own vote then does
 * not count.
 */
export const mayStand = ({ config: { id }, configuration, isCalledUpon }: State): boolean =>
  isCalledUpon || Configurations.isVoter(configuration, id)

/** Tells whoever must know, whatever it was that changed it. */
export const observe = (step: Step): void => {
  const { next: { commit, configuration }, previous } = step
  const isCommitted = configuration.index <= commit
  const isKnown = configuration === previous.configuration &&
    isCommitted === configuration.index <= previous.commit
  if (isKnown) return
  Steps.observe(step, { _tag: "ConfigurationChanged", configuration, isCommitted })
}
