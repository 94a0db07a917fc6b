/**
 * Two kinds of tests. Those of `test/process` start real processes with real ports, files and time:
 * they run last and one after another, so that they measure the program and not each other. All
 * others run side by side, a file at a time on every core.
 */
import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

const PROCESS_TESTS = "test/process/**/*.test.ts"

export default defineConfig({
  test: {
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [PROCESS_TESTS, "test/bench/**"],
          // Generous: a slow machine is not a defect.
          testTimeout: 30_000,
          hookTimeout: 30_000
        }
      },
      {
        test: {
          name: "process",
          include: [PROCESS_TESTS],
          poolOptions: { forks: { singleFork: true } },
          testTimeout: 120_000,
          hookTimeout: 120_000
        }
      }
    ]
  }
})
