/** Why a change of the members was refused, in the words its operator reads. */
import type { MembershipRefusal } from "../raft/Action.js"

/** Whether the same request may succeed a moment later. */
export const isPassing = (why: MembershipRefusal): boolean =>
  why === "NotReady" || why === "UnderWay"

/** `members` are those that there are. */
export const describe = (why: MembershipRefusal, members: ReadonlyArray<string>): string =>
  texts[why](members.join(", "))

const texts: Readonly<Record<MembershipRefusal, (members: string) => string>> = {
  NotReady: () => "the leader has just been elected: try again",
  UnderWay: () =>
    "another change of the members is not complete yet: wait for that, or take its new members " +
    "back by removing them",
  NotExpected: () => "the members are not those any more that were expected: look at them again",
  AlreadyMember: (members) =>
    `one of those to add is a member already, at another address: members are ${members}`,
  NotMember: (members) => `one of those to remove is no member: members are ${members}`,
  NoVoterLeft: () => "no voting member would be left: the cluster would be no more"
}
