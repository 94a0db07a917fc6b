/**
 * `raftcache sim` with the simulator itself, this process's streams and its files.
 */
import { readFileSync, writeFileSync } from "node:fs"
import * as Determinism from "../sim/Determinism.js"
import * as Marks from "../sim/Marks.js"
import * as Replay from "../sim/Replay.js"
import * as Shrink from "../sim/Shrink.js"
import * as Simulation from "../sim/Simulation.js"
import * as Story from "../sim/Story.js"
import * as Swarm from "../sim/Swarm.js"
import * as TracePage from "../sim/TracePage.js"
import * as Sim from "./Sim.js"
import type { Engine } from "./SimEngine.js"
import * as SimPool from "./SimPool.js"

export const engine: Engine = {
  draw: Swarm.draw,
  run: Simulation.run,
  runTwice: Determinism.runTwice,
  shrink: (report, onProgress) => Shrink.shrink(report, { onProgress }),
  encode: Replay.encode,
  decode: Replay.decode,
  tell: Story.tell,
  render: TracePage.render,
  requiredMarks: Marks.required
}

export const run = (argv: ReadonlyArray<string>) =>
  Sim.run(argv, {
    engine,
    thread: SimPool.inThread,
    output: (text) => void process.stdout.write(text),
    terminal: process.stderr,
    readFile: (file) => readFileSync(file, "utf8"),
    writeFile: (file, text) => writeFileSync(file, text)
  })
