/**
 * Bugs between clients and the log: sessions, answers and the shell around the core.
 */
import type { Mutant } from "./Mutant.js"

export const mutants: ReadonlyArray<Mutant> = [
  {
    id: "X01",
    title: "A retried write applies twice",
    source: "hashicorp/raft#142, rabbitmq/ra#145",
    file: "kv/Session.ts",
    find: `  if (sequence <= row.last) return "Duplicate"
`,
    replace: ""
  },
  {
    id: "X02",
    title: "A write overtakes one that was lost",
    source: "analysis",
    file: "kv/Session.ts",
    find: `  if (sequence > row.last + 1) return "Gap"
`,
    replace: ""
  },
  {
    id: "X03",
    title: "What an earlier life of a node had sent applies late",
    source: "analysis",
    file: "kv/Session.ts",
    find: `    row.epoch = epoch
    row.last = 0
  } else if (epoch < row.epoch) {
    return "Stale"
  }`,
    replace: `    row.epoch = epoch
    row.last = 0
  }`
  },
  {
    id: "X04",
    title: "A restarted node's session goes on where the old one ended",
    source: "analysis",
    file: "kv/Session.ts",
    find: `    row.epoch = epoch
    row.last = 0
`,
    replace: `    row.epoch = epoch
`
  },
  {
    id: "X06",
    title: "Every start of a node opens the same session",
    source: "etcd-io/etcd#3587",
    file: "node/WriteAheadLog.ts",
    find: "yield* DataFolder.countStart(opened)",
    replace: "(yield* DataFolder.countStart({ ...opened, start: 0 }))"
  },
  {
    id: "X07",
    title: "The state machine asks the local clock",
    source: "analysis",
    file: "kv/SetCommands.ts",
    find: "  const holds = condition === undefined ||\n",
    replace: "  const holds = condition === undefined || performance.now() % 0.002 < 0.001 ||\n"
  },
  {
    id: "X08",
    title: "Writes that another node forwarded lose their session",
    source: "etcd-io/etcd#3587, #4691",
    file: "node/Applier.ts",
    find: `    if (Session.admit(this.#sessions, proposal) !== "Apply") return`,
    replace: `    if (
      client === this.#own.client && Session.admit(this.#sessions, proposal) !== "Apply"
    ) return`
  },
  {
    id: "X09",
    title: "A node takes the writes of its earlier life for its own",
    source: "analysis",
    file: "node/Applier.ts",
    find: "client === this.#own.client && epoch === this.#own.epoch",
    replace: "client === this.#own.client"
  },
  {
    id: "X10",
    title: "A write that was lost on its way to the leader is never sent again",
    source: "analysis",
    file: "node/Loop.ts",
    find: `    } else if (now >= this.#resendAt) {
      writes.resendAll()
`,
    replace: `    } else if (now >= this.#resendAt) {
`
  },
  {
    id: "X11",
    title: "A write that may still happen is called refused",
    source: "analysis",
    file: "node/Writes.ts",
    find: `    answer({ _tag: "UnknownOutcome" })`,
    replace: `    answer({ _tag: "Refused", reason: "NoLeader" })`
  },
  {
    id: "X12",
    title: "A write is called done when it is sent",
    source: "analysis",
    file: "node/Writes.ts",
    find:
      "    this.#sent.add(sequence, { sequence, proposal, answer, deadlineAt, bytes: command.length })",
    replace: `    answer({ _tag: "Done", answer: new Uint8Array(0), index: 0 })
    this.#sent.add(sequence, { sequence, proposal, answer: undefined, deadlineAt, bytes: command.length })`
  },
  {
    id: "X13",
    title: "A write given up leaves a hole in its session",
    source: "analysis",
    file: "node/Writes.ts",
    find: `    write.answer = undefined
    write.proposal`,
    replace: `    this.#sent.delete(sequence)
    write.answer = undefined
    write.proposal`
  },
  {
    id: "X14",
    title: "Writes that applied are sent again and again",
    source: "analysis",
    file: "node/Writes.ts",
    find: `    this.#cursor = Math.max(this.#cursor, this.#first)
    this.#bytes`,
    replace: "    this.#bytes"
  },
  {
    id: "X17",
    title: "A leader appends again what its log has already",
    source: "analysis",
    file: "node/Proposed.ts",
    find: `    if (verdict === "Apply") this.#waiting.add(ref, { from, position })
    return verdict`,
    replace: `    if (verdict !== "Apply" && verdict !== "Duplicate") return verdict
    this.#waiting.add(ref, { from, position })
    return "Apply"`
  },
  {
    id: "X18",
    title: "A turn sends each peer only its first message",
    source: "analysis",
    file: "node/Outbox.ts",
    find: `    else messages.push(message)
`,
    replace: `    else messages.length = 1
`
  },
  {
    id: "X20",
    title: "A node that was woken once never wakes again by itself",
    source: "analysis",
    file: "node/Ticker.ts",
    find: `            isArmed = false
            wake()`,
    replace: "            wake()"
  },
  {
    id: "X22",
    title: "Writes wait for ever at a node without a leader",
    source: "analysis",
    file: "node/Writes.ts",
    find: "    while ((this.#waiting[0]?.deadlineAt ?? Infinity) <= now) {",
    replace: "    while ((this.#waiting[0]?.deadlineAt ?? Infinity) <= -now) {"
  },
  {
    id: "X23",
    title: "A node that stops leaves its clients without an answer",
    source: "analysis",
    file: "node/Writes.ts",
    find: `    for (const write of this.#waiting) this.#refuse(write, "Stopping")
    this.#waiting = []
    for (const write of this.#sent.values()) this.#abandon(write)
`,
    replace: `    this.#waiting = []
`
  },
  {
    id: "X24",
    title: "An entry is applied before the batch it is in is whole",
    source: "analysis",
    file: "node/Applier.ts",
    find: `    for (const entry of entries) {
`,
    replace: `    for (const entry of entries.slice(0, 8)) {
`
  },
  {
    id: "X25",
    title: "A committed command of another node is not applied while this one leads",
    source: "analysis",
    file: "node/Applier.ts",
    find: `    const answer = command === undefined ? nothing`,
    replace: `    if (client !== this.#own.client && sequence % 64 === 0) return
    const answer = command === undefined ? nothing`
  },
  {
    id: "X26",
    title: "A skipped write's command applies",
    source: "analysis",
    file: "node/Writes.ts",
    find: "this.#session, sequence, command: undefined })",
    replace: "this.#session, sequence: sequence + 1, command: undefined })"
  },
  {
    id: "X27",
    title: "A node whose name begins like another's is taken for it",
    source: "analysis",
    file: "wire/Proposal.ts",
    find: "  for (let at = 0; at < CLIENT_BYTES; at++) {\n    if (lastClient",
    replace: "  for (let at = 0; at < 1; at++) {\n    if (lastClient"
  },
  {
    id: "X28",
    title: "Of what waits in a ring that is full, the oldest is forgotten",
    source: "analysis",
    file: "node/Numbered.ts",
    find: "    if (this.#tail - this.#head === this.#items.length) this.#grow()\n",
    replace: ""
  }
]
