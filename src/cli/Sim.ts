/**
 * `raftcache sim`: lives of simulated clusters, one for each seed, in search of one that breaks a
 * promise. A failed seed comes with the command that repeats it.
 */
import { Clock, Effect, Either, Exit } from "effect"
import { UsageError } from "./Flags.js"
import type { Recording } from "./SimEngine.js"
import * as SimFindings from "./SimFindings.js"
import * as SimOptions from "./SimOptions.js"
import * as SimPool from "./SimPool.js"
import * as SimProgress from "./SimProgress.js"
import * as SimScenario from "./SimScenario.js"
import * as SimSeed from "./SimSeed.js"
import { explain, print, remark, say, SimError } from "./SimSession.js"
import type { Life, Session, World } from "./SimSession.js"
import * as SimTally from "./SimTally.js"
import * as SimText from "./SimText.js"

/** From so many seeds on it is no accident if something never happened. */
const SEEDS_FOR_ALL_MARKS = 1_000

type Job<Tag extends SimOptions.Job["_tag"]> = Extract<SimOptions.Job, { readonly _tag: Tag }>

/**
 * Fails if anything that was simulated failed. An interruption ends the search for failures, and
 * the summary of what was found until then is still given.
 */
export const run = (
  argv: ReadonlyArray<string>,
  world: World
): Effect.Effect<void, UsageError | SimError> =>
  Effect.gen(function*() {
    const options = yield* SimOptions.read(argv)
    const { job, nodes, twice } = options
    const session: Session = {
      world,
      options,
      settings: { nodes, twice },
      tally: SimTally.make()
    }
    const startedAt = yield* Clock.currentTimeMillis
    const recording = job._tag === "Replay" ? yield* load(world, job.file) : undefined
    const search = yield* Effect.exit(Effect.interruptible(
      job._tag === "Soak" ? soak(session, job) : alone(session, seedOf(job, recording), recording)
    ))
    const wallMillis = (yield* Clock.currentTimeMillis) - startedAt
    const findings = Exit.isSuccess(search)
      ? yield* Effect.exit(Effect.interruptible(present(session, recording)))
      : search
    yield* summarize(session, wallMillis)
    const trouble = Exit.isInterrupted(findings) ? undefined : yield* findings
    const complaints = [verdict(session), trouble?.message].filter((each) => each !== undefined)
    if (complaints.length > 0) return yield* new SimError({ message: complaints.join("\n") })
  }).pipe(Effect.uninterruptible)

const load = (world: World, file: string): Effect.Effect<Recording, UsageError> => {
  const refuse = (why: string) => new UsageError({ message: `--replay: ${file}: ${why}` })
  return Effect.try({
    try: () => world.readFile(file),
    catch: (cause) => refuse(explain(cause))
  }).pipe(
    Effect.flatMap((text) => Either.mapLeft(world.engine.decode(text), refuse))
  )
}

const commandOf = ({ options, settings }: Session, seed: number): string => {
  if (options.job._tag === "Replay") return `raftcache sim --replay ${options.job.file}`
  const nodes = settings.nodes === undefined ? "" : ` --nodes ${settings.nodes}`
  return `raftcache sim --seed ${seed}${nodes}${settings.twice ? " --twice" : ""}`
}

const soak = (session: Session, job: Job<"Soak">): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { options: { workers }, settings, tally, world } = session
    const { first, forMillis = Infinity, last } = job
    const startedAt = yield* Clock.currentTimeMillis
    const elapsed = Effect.map(Clock.currentTimeMillis, (now) => now - startedAt)
    let upcoming = first
    const next = Effect.map(
      elapsed,
      (millis) => upcoming > last || millis >= forMillis ? undefined : upcoming++
    )
    const { erase } = yield* SimProgress.follow(
      world.terminal,
      Effect.map(elapsed, (millis) => positionOf(tally, job, millis))
    )
    const lanes = workers === 1
      ? [SimPool.inPlace(world.engine, settings)]
      : yield* Effect.replicateEffect(world.thread(settings), workers)
    yield* SimPool.soak(lanes, next, (summary) => {
      SimTally.add(tally, summary)
      return summary.violation === undefined
        ? Effect.void
        : Effect.zipRight(erase, sayFailure(session, summary))
    })
  }).pipe(Effect.scoped)

const positionOf = (
  { failed, seeds, simulatedMicros }: SimTally.Tally,
  { first, forMillis, last }: Job<"Soak">,
  elapsedMillis: number
): SimProgress.Position => {
  const all = last - first + 1
  const text = forMillis === undefined
    ? `${SimText.count(seeds)}/${SimText.count(all)}`
    : `${SimText.count(seeds)} seeds, ${SimText.duration(elapsedMillis)} of ` +
      SimText.duration(forMillis)
  const fraction = Math.max(seeds / all, elapsedMillis / (forMillis ?? Infinity))
  return { seeds, failed, simulatedMicros, elapsedMillis, fraction, text }
}

const sayFailure = (session: Session, summary: SimSeed.Summary): Effect.Effect<void> => {
  const command = commandOf(session, summary.seed)
  const words = `${SimText.failure(summary)}\n  ${command}`
  return say(session, words, SimText.failureJson(summary, command))
}

const seedOf = (job: Job<"Seed" | "Replay">, recording: Recording | undefined): number =>
  job._tag === "Seed" ? job.seed : recording!.scenario.seed

/** One life, and before it everything that was decided about it. */
const alone = (session: Session, seed: number, recording: Recording | undefined) =>
  Effect.gen(function*() {
    const { options, settings, tally, world: { engine } } = session
    if (!options.json) {
      const scenario = recording?.scenario ?? SimSeed.scenario(engine, settings, seed)
      yield* print(session, `${SimScenario.describe(scenario)}\n`)
    }
    const summary = recording === undefined
      ? SimSeed.run(engine, settings, seed)
      : SimSeed.attempt(seed, () => {
        const { decisions, scenario } = recording
        return SimSeed.summarize(engine.run(scenario, { decisions }))
      })
    SimTally.add(tally, summary)
    if (summary.violation !== undefined) yield* sayFailure(session, summary)
    const expected = recording?.oracle
    if (expected !== undefined && expected !== summary.violation?.oracle) {
      yield* remark(session, `it was recorded because of ${expected}, which no longer fails`)
    }
  })

/**
 * Of all lives the one to look at: the first that failed, or the only one. What could not be
 * written is an answer, because there is more to say after it.
 */
const present = (session: Session, recording: Recording | undefined) => {
  const { options: { job }, settings, tally: { firstFailure }, world: { engine } } = session
  const seed = job._tag === "Soak" ? firstFailure?.seed : seedOf(job, recording)
  const life = seed === undefined ? undefined : (): Life => ({
    scenario: recording?.scenario ?? SimSeed.scenario(engine, settings, seed),
    decisions: recording?.decisions,
    command: commandOf(session, seed)
  })
  return Effect.merge(SimFindings.report(session, life, firstFailure?.violation))
}

const summarize = (session: Session, wallMillis: number): Effect.Effect<void> => {
  const { options, tally } = session
  return print(
    session,
    options.json
      ? SimTally.toJson(tally, wallMillis)
      : SimText.summary(tally, wallMillis, required(session))
  )
}

/** A soak of clusters that are all alike, or a short one, cannot be asked to have seen it all. */
const required = ({ options, settings, tally, world }: Session): ReadonlyArray<string> => {
  const isBroad = options.job._tag === "Soak" && settings.nodes === undefined
  return isBroad && tally.seeds >= SEEDS_FOR_ALL_MARKS ? world.engine.requiredMarks : []
}

/** What is wrong with what was simulated, if something is. */
const verdict = (session: Session): string | undefined => {
  const { firstFailure, failed, seeds } = session.tally
  if (firstFailure !== undefined) {
    const many = seeds === 1 ? "" : `${failed} of ${seeds} seeds failed; `
    const again = commandOf(session, firstFailure.seed)
    // The rest was printed when it failed.
    const [words] = SimText.failure(firstFailure).split("\n", 1)
    return `${many}${words}\nrun it again: ${again}`
  }
  const missing = SimTally.missing(session.tally, required(session))
  if (missing.length === 0) return undefined
  return [
    `in ${seeds} seeds this never happened:`,
    ...missing.map((mark) => `  ${mark}`),
    "What never happens is not tested. Let src/sim/Swarm.ts draw the faults that lead to it more " +
    "often, or mend what keeps it from happening."
  ].join("\n")
}
