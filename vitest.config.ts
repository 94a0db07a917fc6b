/**
 * Two kinds of tests, some files of each at once. Those of `test/process` start real
 * processes with real ports, files and time, and wait for most of it: they run last, when nothing
 * else takes their cores.
 */
import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

const PROCESS_TESTS = "test/process/**/*.test.ts"

export default defineConfig({
  test: {
    // One more than cores: processes are waited for, and files are loaded, while another runs.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [PROCESS_TESTS, "test/bench/**"],
          // Every file loads Effect anew: as one module, which takes less than hundreds do.
          deps: {
            optimizer: { ssr: { enabled: true, include: ["effect", "@effect/vitest"] } }
          },
          // Generous: a slow machine is not a defect.
          testTimeout: 60_000,
          hookTimeout: 60_000
        }
      },
      {
        test: {
          name: "process",
          include: [PROCESS_TESTS],
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000
        }
      }
    ]
  }
})
