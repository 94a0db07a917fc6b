import { assert, describe, it } from "@effect/vitest"
import * as Simulation from "../../src/sim/Simulation.js"
import * as Swarm from "../../src/sim/Swarm.js"

/**
 * Seeds that have found a bug, of the program or of the simulator, and what it was. The swarm has
 * drawn more since, so that the oldest live other lives now; what they showed of the program is
 * specified by tests of its own.
 */
const regressions: ReadonlyArray<readonly [what: string, seeds: ReadonlyArray<number>]> = [
  [
    "a read that was granted, and whose node then came no further, was never answered",
    [28, 195, 262, 528, 841, 915]
  ],
  [
    "what a fault had waited for was killed while it stopped, and started again outside of any event",
    [4275]
  ],
  [
    "a client that asked several nodes that are no members any more was taken for one never answered",
    [4664]
  ],
  [
    "a successor that was on its way out was asked to lead, and nobody heard of it again",
    [6024]
  ],
  [
    "nobody could be elected but a learner, which another node already counted among the voters",
    [12369]
  ],
  [
    "a learner that had to be elected led for ever, for another that never came",
    [2067]
  ],
  [
    "a quiet cluster was taken for a restless one, because a key was due when the quiet was over",
    [295]
  ],
  [
    "a leader told the time so often that its log never had room for the write of another node",
    [2902]
  ],
  [
    "whoever waited for a node that was removed while its disk stalled waited for the disk",
    [239]
  ],
  [
    "terms were counted in which votes were lost, where all of a bare majority had to vote",
    [4125]
  ],
  [
    "a request to hand over that had been held back came when all was quiet",
    [6621]
  ],
  [
    "a write sent again by a node that came no further had the time told, and the log grew for ever",
    [11555]
  ],
  [
    "the model took a number with a plus sign for none",
    [5339, 6226]
  ]
]

describe("what was once found stays mended", () => {
  it.each(regressions)("%s", (_, seeds) => {
    for (const seed of seeds) {
      assert.strictEqual(Simulation.run(Swarm.draw(seed)).violation?.message, undefined)
    }
  })
})
