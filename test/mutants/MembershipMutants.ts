/**
 * Bugs of changing the members. Left out: a learner that counts votes of nobody whom it asked (only
 * voters are asked), pending reads that are not looked at again when voters leave (the next
 * heartbeat does), a removed leader that hands over once more instead of stepping down (it comes to
 * an end as well), and learners that stand for election like voters (they hand over).
 */
import type { Mutant } from "./Mutant.js"

export const mutants: ReadonlyArray<Mutant> = [
  {
    id: "C04",
    title: "A leader that is no voter counts itself",
    source: "openraft beb0302b, etcd-io/etcd#10563",
    file: "raft/Replication.ts",
    find: `  const index = Quorum.reached(
    next.configuration,`,
    replace: `  const counting = new Set([...next.configuration.voters, next.config.id])
  const index = Quorum.reached(
    { ...next.configuration, voters: [...counting] },`
  },
  {
    id: "M01",
    title: "Members change before an entry of the leader's term is committed",
    source: "Ongaro 2015; hashicorp/raft configurationChangeChIfStable",
    file: "raft/Reconfiguring.ts",
    find: `  if (commit < termStart) return "NotReady"
`,
    replace: ""
  },
  {
    id: "M02",
    title: "Members change while another change is not committed",
    source: "etcd-io/raft pendingConfIndex",
    file: "raft/Reconfiguring.ts",
    find: `  if (!isComplete(next)) return "UnderWay"
`,
    replace: ""
  },
  {
    id: "M03",
    title: "While joint, a majority of the new voters is enough",
    source: "async-raft/async-raft#62, openraft 6c0ccaf3",
    file: "raft/Quorum.ts",
    find: "Math.min(reachedBy(voters, valueOf), reachedBy(outgoing, valueOf))",
    replace: "reachedBy(voters, valueOf)"
  },
  {
    id: "M04",
    title: "While joint, a majority of all voters is enough",
    source: "openraft d882e743",
    file: "raft/Quorum.ts",
    find: `  const results = [voteResultOf(voters, votes), voteResultOf(outgoing, votes)]`,
    replace: `  const all = [...new Set([...voters, ...outgoing])]
  const results = [voteResultOf(all, votes)]`
  },
  {
    id: "M05",
    title: "Only the leader that began it completes a change",
    source: "etcd-io/etcd#12136",
    file: "raft/Reconfiguring.ts",
    find: "if (Configurations.isJoint(configuration)) return leaveJoint(step)",
    replace: `if (Configurations.isJoint(configuration)) {
    return configuration.index < termStart ? undefined : leaveJoint(step)
  }`
  },
  {
    id: "M06",
    title: "A change is completed before its first half is committed",
    source: "analysis",
    file: "raft/Reconfiguring.ts",
    find: "  if (configuration.index > commit || commit < termStart) return\n",
    replace: "  if (commit < termStart) return\n"
  },
  {
    id: "M07",
    title: "A node that starts does not look for the members in its log",
    source: "eBay/NuRaft#67, andy-yx-chen/jraft#1",
    file: "raft/Configuring.ts",
    find: "    ...held.filter(({ index }) => index > first.index)\n",
    replace: ""
  },
  {
    id: "M08",
    title: "Who is no voter by its own log refuses to vote",
    source: "etcd-io/etcd#10998, tikv/raft-rs#57",
    file: "raft/Election.ts",
    find: "  const free = next.vote === undefined || next.vote === from\n",
    replace: `  const isOpen = next.vote === undefined || next.vote === from
  const free = isOpen && Configuring.mayStand(next)
`
  },
  {
    id: "M09",
    title: "A leader that was removed goes on leading",
    source: "etcd-io/etcd#11038, tikv/raft-rs#584",
    file: "raft/Reconfiguring.ts",
    find: "if (configuration.index <= applied) retire(step)",
    replace: "void [applied, retire]"
  },
  {
    id: "M10",
    title: "A change of the members forgets what is known of those who stay",
    source: "openraft 56486a60",
    file: "raft/Tracking.ts",
    find: `  follow(next, members)
  next.parting`,
    replace: `  next.progress = {}
  follow(next, members)
  next.parting`
  },
  {
    id: "M11",
    title: "Leadership is handed to whom it is asked for, voter or not",
    source: "tikv/raft-rs 24280e8, openraft d000ee20",
    file: "raft/Transferring.ts",
    find: `  if (asked !== undefined && !voters.includes(asked)) return refuse("NoVoter")
`,
    replace: ""
  },
  {
    id: "M12",
    title: "Learners become voters without having caught up",
    source: "analysis; thesis 4.2.1",
    file: "raft/Reconfiguring.ts",
    find: "configuration.learners.length > 0 && haveCaughtUp(next)",
    replace: "configuration.learners.length > 0 && haveCaughtUp !== undefined"
  },
  {
    id: "M13",
    title: "A configuration that is truncated goes on counting",
    source: "analysis; thesis 4.1",
    file: "raft/Configuring.ts",
    find: "  if (next.configuration.index < from) return\n",
    replace: "  if (next.configuration.index < from || from > 0) return\n"
  },
  {
    id: "M15",
    title: "A node that is sent a snapshot keeps its own members",
    source: "openraft 01e813a5",
    file: "raft/Configuring.ts",
    find: "known([isSame ? next.configuration : configuration])",
    replace: "known([isSame ? configuration : next.configuration])"
  },
  {
    id: "M16",
    title: "A leader that is deposed before its removal is committed ends all the same",
    source: "openraft 0023cff1",
    file: "raft/Reconfiguring.ts",
    find: `role === "Leader" || configuration.index > commit) return`,
    replace: `role === "Leader") return`
  },
  {
    id: "M17",
    title: "A node is told that it was removed before that is committed",
    source: "analysis",
    file: "raft/Tracking.ts",
    find: "index > next.commit || (next",
    replace: "(next"
  },
  {
    id: "M19",
    title: "Learners count for commits",
    source: "analysis",
    file: "raft/Replication.ts",
    find: `  const index = Quorum.reached(
    next.configuration,`,
    replace: `  const counting = [...next.configuration.voters, ...next.configuration.learners]
  const index = Quorum.reached(
    { ...next.configuration, voters: counting },`
  },
  {
    id: "M20",
    title:
      "A node that is no voter by its own log does not stand although nobody else can be elected",
    source: "thesis 4.2.2",
    file: "raft/Configuring.ts",
    find: "  isCalledUpon || Configurations.isVoter",
    replace: "  Configurations.isVoter"
  },
  {
    id: "S05",
    title: "A snapshot has the members of now, not those as of its entry",
    source: "etcd-io/etcd e515a67, scylladb/scylladb#9551",
    file: "raft/Snapshotting.ts",
    find: "  const configuration = Configuring.asOf(next, next.applied)\n",
    replace: "  const { configuration } = next\n"
  },
  {
    id: "S30",
    title: "With the log, the members as of its beginning are let go of",
    source: "analysis",
    file: "raft/Configuring.ts",
    find: "next.earlierConfigurations.filter((each) => each.index >= index)",
    replace: "next.earlierConfigurations.filter((each) => each.index > index)"
  },
  {
    id: "V08",
    title: "Votes of those who are no voters of a set count in it",
    source: "openraft d000ee20, willemt/raft bd54c09",
    file: "raft/Quorum.ts",
    find: "  for (const voter of voters) {\n",
    replace: "  for (const voter of Object.keys(votes)) {\n"
  }
]
