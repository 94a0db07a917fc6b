/**
 * What goes wrong in a scenario, in words.
 */
import type { Link, Moment, Trouble } from "./Scenario.js"
import { nodeId } from "./Scenario.js"

const linksText = (links: ReadonlyArray<Link>): string =>
  links.map(([from, to]) => `${nodeId(from)} to ${nodeId(to)}`).join(", ")

const DIRECTIONS = { both: "", in: " for what it is sent", out: " for what it sends" } as const

const MOMENTS: Readonly<Record<Moment, string>> = {
  any: "",
  writing: " while it writes",
  synced: " when it has written and told nobody",
  installing: " while it is sent a snapshot"
}

export const describe = (trouble: Trouble): string => {
  if (trouble._tag === "Cut") return `links cut: ${linksText(trouble.links)}`
  if (trouble._tag === "Clog") return `links clogged: ${linksText(trouble.links)}`
  if (trouble._tag === "Echo") return `links echo: ${linksText(trouble.links)}`
  const name = typeof trouble.node === "string" ? `the ${trouble.node}` : nodeId(trouble.node)
  switch (trouble._tag) {
    case "Isolate":
      return `${name} is cut off${DIRECTIONS[trouble.direction]}`
    case "Crash":
      return `${name} loses power${MOMENTS[trouble.while]}`
    case "Kill":
      return `${name} is killed${MOMENTS[trouble.while]}`
    case "Stop":
      return `${name} is asked to stop`
    case "Pause":
      return `${name} is paused`
    case "Stall":
      return `the disk of ${name} stalls`
    case "Full":
      return `the disk of ${name} has ${trouble.bytes} bytes left`
    case "SyncError":
      return `the next fsync of ${name} fails`
    case "Transfer":
      return trouble.to === "chosen"
        ? `an operator wants another leader, and tells ${name}`
        : `an operator wants ${nodeId(trouble.to)} to lead, and tells ${name}`
    case "ChangeMembers": {
      const what = [
        ...(trouble.add > 0 ? [`${trouble.add} more`] : []),
        ...(trouble.remove > 0 ? [`${trouble.remove} fewer`] : [])
      ]
      return `an operator wants ${what.join(" and ")} of the members, and tells ${name}`
    }
    case "Jump":
      return `the wall clock of ${name} jumps by ${trouble.millis} ms`
    case "Rot":
      return `a bit of ${name}'s disk flips`
    case "Misdirect":
      return `a sector of ${name}'s disk was written to a wrong place`
    case "Wipe":
      return `${name}'s disk is replaced by an empty one`
  }
}
