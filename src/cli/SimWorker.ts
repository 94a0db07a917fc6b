/**
 * A thread of `raftcache sim`: takes one task after another and answers each. The build places it
 * beside the chunk that starts it, as it is beside SimPool.ts here.
 */
import { parentPort, workerData } from "node:worker_threads"
import * as SimLive from "./SimLive.js"
import type { Answer, Task } from "./SimPool.js"
import * as SimSeed from "./SimSeed.js"

const settings = workerData as SimSeed.Settings

const say = (answer: Answer): void => parentPort?.postMessage(answer)

const work = (task: Task) =>
  task._tag === "Run"
    ? SimSeed.run(SimLive.engine, settings, task.seed)
    : SimLive.engine.shrink(task.report, (progress) => say({ _tag: "Progress", progress }))

parentPort?.on("message", (task: Task) => say({ _tag: "Done", result: work(task) }))
