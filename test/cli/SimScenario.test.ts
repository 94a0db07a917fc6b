import { assert, describe, it } from "@effect/vitest"
import * as SimScenario from "../../src/cli/SimScenario.js"
import { scenarioOf } from "./SimFake.js"

describe("a scenario in words", () => {
  it("has all that was drawn, and each fault with its time", () => {
    assert.strictEqual(
      SimScenario.describe(scenarioOf(42)),
      `\
seed 42: 3 nodes
  fibers     by random priorities (depth 3 in 10,000 steps)
  time       in steps of 1 us, events within 0 us may swap; faults end at 10 s
  timeouts   election 300 ms, heartbeat 50 ms, request 1000 ms
  limits     appendBytes 1,024, inflightAppends 4, inflightBytes 4,096, uncommittedBytes 8,192, \
applyBytes 2,048, snapshotEntries 10, snapshotBytes 4,096, trailingEntries 5, trailingBytes 2,048, \
chunkBytes 512, inflightChunkBytes 1,024, clockDriftPercent 25, segmentBytes 65,536
  network    delay 1 ms+500 us, 1.5% lost, tells who is dead
  disk       write 1 ms+500 us, sync 1 ms+500 us, a crash leaves any sectors of what was unsynced
  clocks     n1 -20 ms +50 ppm, n2 +0 ms +0 ppm, n3 +7 ms -3 ppm
  requests   1 by 1 client, 1 of them reads, 1 wait for ever; the last at 900 us
  faults     2
           1.5 s  for 250 us        links cut: n1 to n2, n2 to n1
             2 s  for 40 ms         the leader is paused`
    )
  })
})
