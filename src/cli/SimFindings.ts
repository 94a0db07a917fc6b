/**
 * What is made of the one life that matters: a smaller one that fails alike, with its story, and a
 * page that shows it.
 */
import { Effect } from "effect"
import type { Report, Violation } from "../sim/Report.js"
import type { Progress } from "../sim/Shrink.js"
import * as SimProgress from "./SimProgress.js"
import * as SimSeed from "./SimSeed.js"
import { explain, live, remark, say, SimError } from "./SimSession.js"
import type { Life, Session } from "./SimSession.js"
import { count, plural } from "./SimText.js"

const write = ({ world }: Session, file: string, text: string): Effect.Effect<void, SimError> =>
  Effect.try({
    try: () => world.writeFile(file, text),
    catch: (cause) => new SimError({ message: `cannot write ${file}: ${explain(cause)}` })
  })

/** Why a life cannot be shrunk, if it cannot. */
const obstacle = (violation: Violation | undefined): string | undefined => {
  switch (violation?.oracle) {
    case undefined:
      return "nothing failed"
    case SimSeed.DEFECT:
      return "the simulator itself gave up"
    case SimSeed.DIVERGENCE:
      return "two runs of it differ"
    default:
      return undefined
  }
}

const size = ({ choices, faults, nodes, operations, runs }: Progress): string =>
  `after ${plural(runs, "run")}: ${plural(nodes, "node")}, ${plural(faults, "fault")}, ` +
  `${plural(operations, "request")}, ${plural(choices, "choice")}`

const shrink = (session: Session, life: Life): Effect.Effect<Life, SimError> =>
  Effect.gen(function*() {
    const { settings, world: { engine, terminal, thread } } = session
    const report = live(engine, life, "nothing")
    const { seed } = report.scenario
    yield* remark(session, `shrinking seed ${seed}, which took ${count(report.events)} events`)
    const { erase, show } = SimProgress.status(terminal)
    const lane = yield* thread(settings)
    const shrunk = yield* lane.shrink(report, (progress) => show(size(progress)))
      .pipe(Effect.ensuring(erase))
    const file = `raftcache-sim-${seed}.json`
    yield* write(session, file, engine.encode(shrunk.report))
    const { decisions, events, scenario, violation } = shrunk.report
    const smaller: Life = { scenario, decisions, command: `raftcache sim --replay ${file}` }
    const story = engine.tell(live(engine, smaller, "everything"))
    const { runs } = shrunk
    const left = `${count(events)} events are left after ${plural(runs, "run")}`
    yield* say(
      session,
      `${story.trimEnd()}\n\n${left}: ${smaller.command}\n`,
      { shrunk: { seed, file, oracle: violation?.oracle, events, runs, story } }
    )
    return smaller
  }).pipe(Effect.scoped)

const title = ({ scenario, violation }: Report): string =>
  violation === undefined ? `seed ${scenario.seed}` : `seed ${scenario.seed}: ${violation.oracle}`

const draw = (session: Session, life: Life, file: string): Effect.Effect<void, SimError> =>
  Effect.gen(function*() {
    const { engine } = session.world
    const report = live(engine, life, "everything")
    const page = engine.render(report, { title: title(report), command: life.command })
    yield* write(session, file, page)
    yield* say(session, `wrote ${file}`, { trace: file })
  })

/** `life` is undefined if there were many and none of them failed. */
export const report = (
  session: Session,
  life: (() => Life) | undefined,
  violation: Violation | undefined
): Effect.Effect<void, SimError> =>
  Effect.gen(function*() {
    const { shrink: isToShrink, trace } = session.options
    const why = obstacle(violation)
    if (isToShrink && why !== undefined) yield* remark(session, `nothing to shrink: ${why}`)
    if (life === undefined || violation?.oracle === SimSeed.DEFECT) {
      if (trace !== undefined) yield* remark(session, `no page to write: ${why}`)
      return
    }
    const subject = isToShrink && why === undefined ? yield* shrink(session, life()) : life()
    if (trace !== undefined) yield* draw(session, subject, trace)
  })
