/**
 * Bugs of the replicated state itself.
 */
import type { Mutant } from "./Mutant.js"

export const mutants: ReadonlyArray<Mutant> = [
  {
    id: "K01",
    title: "Compare-and-set does not compare",
    source: "analysis",
    file: "kv/Store.ts",
    find: `      if (current !== expectedRevision) return Answer.conflict(current)
`,
    replace: ""
  },
  {
    id: "K02",
    title: "An increment keeps the old revision",
    source: "analysis",
    file: "kv/Store.ts",
    find: "value: Latin1.encode(String(sum)), revision: index })",
    replace: "value: Latin1.encode(String(sum)), revision: before?.revision ?? index })"
  },
  {
    id: "K03",
    title: "An increment is answered and not kept",
    source: "analysis",
    file: "kv/Store.ts",
    find: `  put(self, key, { value: Latin1.encode(String(sum)), revision: index })
`,
    replace: ""
  },
  {
    id: "K04",
    title: "A conditional write that does not hold is carried out all the same",
    source: "analysis",
    file: "kv/Store.ts",
    find: "  if (holds) put(self, key",
    replace: "  put(self, key"
  },
  {
    id: "K05",
    title: "A set that asks for the old value is given the new one",
    source: "analysis",
    file: "kv/Store.ts",
    find: `before === undefined ? Answer.nil : Answer.bulk(before.value)
`,
    replace: `before === undefined ? Answer.nil : Answer.bulk(value)
`
  },
  {
    id: "K06",
    title: "Deleting counts keys that are not there",
    source: "analysis",
    file: "kv/Store.ts",
    find: "if (drop(self, key)) deleted++",
    replace: "deleted += drop(self, key) ? 1 : 1"
  },
  {
    id: "K07",
    title: "Flushing leaves a key behind",
    source: "analysis",
    file: "kv/Store.ts",
    find: "      replace(self, new Map())",
    replace: "      replace(self, new Map([...self.entries].slice(0, 1)))"
  },
  {
    id: "K08",
    title: "A revision counts keys, not the log",
    source: "analysis",
    file: "kv/Store.ts",
    find: `    put(self, key, { value, revision: index })
    return Answer.ok
  }
  const before`,
    replace: `    put(self, key, { value, revision: self.entries.size + 1 })
    return Answer.ok
  }
  const before`
  }
]
