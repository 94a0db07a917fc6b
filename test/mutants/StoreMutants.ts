/**
 * Bugs of the replicated state itself.
 */
import type { Mutant } from "./Mutant.js"

const own = (
  id: string,
  title: string,
  file: string,
  find: string,
  replace: string
): Mutant => ({ id, title, source: "analysis", file, find, replace })

export const mutants: ReadonlyArray<Mutant> = [
  own(
    "K01",
    "Compare-and-set does not compare",
    "kv/SetCommands.ts",
    "  if (revision !== Integer.parse(words[2]!)) return reply.integer(revision)\n",
    ""
  ),
  own(
    "K02",
    "An increment keeps the old revision",
    "kv/NumberCommands.ts",
    "store.replace(key, Latin1.encode(String(sum)), index)",
    "store.replace(key, Latin1.encode(String(sum)), store.revision(key) || index)"
  ),
  own(
    "K03",
    "An increment is answered and not kept",
    "kv/NumberCommands.ts",
    "  store.replace(key, Latin1.encode(String(sum)), index)\n",
    ""
  ),
  own(
    "K04",
    "A conditional write that does not hold is carried out all the same",
    "kv/SetCommands.ts",
    "  if (holds) {\n",
    "  if (holds || condition !== undefined) {\n"
  ),
  own(
    "K05",
    "A set that asks for the old value is given the new one",
    "kv/SetCommands.ts",
    "  if (options.get) bulkOrNil(context, before?.value as Uint8Array | undefined)\n",
    "  if (options.get) bulkOrNil(context, before === undefined ? undefined : words[2]!)\n"
  ),
  own(
    "K06",
    "Deleting counts keys that are not there",
    "kv/KeyCommands.ts",
    "if (erase(context, keyAt(words, at))) removed++",
    "removed += erase(context, keyAt(words, at)) ? 1 : 1"
  ),
  own(
    "K07",
    "Flushing leaves a key behind",
    "kv/Store.ts",
    "    this.keys = new Keyspace()\n",
    `    const [first] = this.keys.entries()
    this.keys = new Keyspace()
    if (first !== undefined) this.keys.set(...first)
`
  ),
  own(
    "K08",
    "A revision counts keys, not the log",
    "kv/DataCommand.ts",
    "store.put(key, word, context.index, due)",
    "store.put(key, word, store.keys.size + 1, due)"
  ),
  own(
    "K09",
    "The log's time runs back",
    "kv/Store.ts",
    "this.timeMillis = Math.max(this.timeMillis, millis)",
    "this.timeMillis = millis"
  ),
  own(
    "K10",
    "A transaction does not look at what it has watched",
    "kv/Machine.ts",
    "if (watched.some(",
    "if (watched.length > 9 && watched.some("
  ),
  own(
    "K11",
    "A key that is written again goes when it was to go before",
    "kv/DataCommand.ts",
    "store.put(key, word, context.index, due)",
    "store.put(key, word, context.index, due ?? store.get(key)?.due?.atMillis)"
  ),
  own(
    "K12",
    "A key goes by the local clock",
    "kv/Store.ts",
    "stored.due.atMillis <= this.timeMillis ? undefined : stored",
    "stored.due.atMillis <= Date.now() ? undefined : stored"
  ),
  own(
    "K13",
    "Nobody is told anything when nothing is written",
    "node/Upkeep.ts",
    "(!isStale && !isDue)",
    "(!isStale)"
  ),
  own(
    "K14",
    "The log's time is not in a snapshot",
    "kv/Store.ts",
    "    this.timeMillis = loading.timeMillis\n",
    ""
  ),
  own(
    "K15",
    "When keys are to go is not in a snapshot",
    "kv/StoreSnapshot.ts",
    "Words.writeInteger(due?.atMillis ?? 0, part, DUE_AT)",
    "Words.writeInteger(0, part, DUE_AT)"
  ),
  own(
    "K16",
    "A hash is written to while a snapshot walks it",
    "kv/Store.ts",
    "hash = isWalked ? value.copy(revision) : value",
    "hash = value"
  ),
  own(
    "K17",
    "A replica lets go of what it has used least itself",
    "kv/Machine.ts",
    "const evicted = command.evicted.filter((each) => store.evict(each))",
    "const evicted = Eviction.choose(store, command.evicted.length).filter((each) => " +
      "store.evict(each))"
  ),
  own(
    "K18",
    "What a snapshot holds is not counted",
    "kv/Store.ts",
    "    this.usedBytes = loading.usedBytes\n",
    ""
  ),
  own(
    "K19",
    "The limit is not in a snapshot",
    "kv/StoreSnapshot.ts",
    "    Words.writeInteger(store.limitBytes, this.#head, LIMIT_AT)\n",
    ""
  ),
  own(
    "K20",
    "A node refuses by the limit that it has been told itself",
    "kv/Store.ts",
    "return this.limitBytes > 0 && this.usedBytes > this.limitBytes",
    "return this.memory.limitBytes > 0 && this.usedBytes > this.memory.limitBytes"
  ),
  own(
    "K21",
    "What is written to a hash in place is not counted",
    "kv/Hash.ts",
    "    this.sizeBytes += Size.ofField(field, value)\n",
    ""
  ),
  own(
    "K22",
    "A key goes although it was written since it was chosen",
    "kv/Store.ts",
    "    if (this.keys.get(key)?.revision !== revision) return false\n",
    ""
  ),
  own(
    "K23",
    "A set whose condition does not hold is told all the same",
    "kv/SetCommands.ts",
    "  if (holds) {\n",
    "  if (!holds) store.tell(\"string\", \"set\", key)\n  if (holds) {\n"
  ),
  own(
    "K24",
    "When a key was to go stays behind when it is written again",
    "kv/Store.ts",
    "    this.dues.remove(due)\n",
    ""
  ),
  own(
    "K25",
    "A replica that begins anew with a snapshot tells nobody any more",
    "kv/Store.ts",
    "    this.dues = loading.dues\n",
    "    this.dues = loading.dues\n    this.listeners.clear()\n"
  ),
  own(
    "K26",
    "That a key has gone is told by the local clock",
    "kv/Store.ts",
    "const isDue = due.atMillis <= this.timeMillis",
    "const isDue = due.atMillis <= Date.now()"
  ),
  own(
    "K27",
    "An append writes over what is there",
    "kv/StringCommands.ts",
    "value.set(words[2]!, before?.length ?? 0)",
    "value.set(words[2]!, 0)"
  ),
  own(
    "K28",
    "A key that is renamed stays for ever",
    "kv/KeyCommands.ts",
    "store.put(to, value, index, due?.atMillis)",
    "store.put(to, value, index, due === undefined ? undefined : undefined)"
  ),
  own(
    "K29",
    "A copy of a hash is the hash itself",
    "kv/KeyCommands.ts",
    "value: value instanceof Hash ? value.copy(index) : value }",
    "value }"
  ),
  own(
    "K30",
    "GETDEL leaves the key",
    "kv/StringCommands.ts",
    "if (replyString(context, key)) erase(context, key)",
    "if (replyString(context, key) && key === \"\") erase(context, key)"
  ),
  own(
    "K31",
    "GETEX does not say when the key goes",
    "kv/StringCommands.ts",
    "  store.put(key, value, index, due)\n",
    ""
  ),
  own(
    "K32",
    "What never goes goes earlier than anything",
    "kv/ExpiryCommands.ts",
    "const current = due?.atMillis ?? Infinity",
    "const current = due?.atMillis ?? 0"
  ),
  own(
    "K33",
    "MSETNX looks at its first key alone",
    "kv/StringCommands.ts",
    "    if (store.get(keyAt(words, at)) !== undefined) return reply.integer(0)",
    "    if (at === 1 && store.get(keyAt(words, at)) !== undefined) return reply.integer(0)"
  ),
  own(
    "K34",
    "A scan passes over a key between two requests",
    "kv/Keyspace.ts",
    "return { keys, next: at }",
    "return { keys, next: at + 1 }"
  ),
  own(
    "K35",
    "HSETNX sets a field that is there",
    "kv/HashCommands.ts",
    "if (!isThere) setFields(words, context)",
    "setFields(words, context)"
  ),
  own(
    "K36",
    "A bit is set in the byte after its own",
    "kv/BitCommands.ts",
    "const at = offset >> 3\n",
    "const at = (offset >> 3) + 1\n"
  ),
  own(
    "K37",
    "The keys are shown in the order in which a replica has come to hold them",
    "kv/KeyCommands.ts",
    "store.keys.scan(0, Infinity).keys.filter((key) =>",
    "[...store.keys.entries()].map(([key]) => key).filter((key) =>"
  ),
  own(
    "K38",
    "DELEX deletes whatever it compares",
    "kv/SetCommands.ts",
    "const holds = value !== undefined && isMet(condition, value, words[3]!, true)",
    "const holds = value !== undefined || isMet(condition, value, words[3]!, true)"
  ),
  own(
    "K39",
    "A moment in seconds since 1970 is taken for so many seconds from now",
    "kv/Expiry.ts",
    "const isRelative = unit === \"ex\" || unit === \"px\"",
    "const isRelative = unit !== \"pxat\""
  ),
  own(
    "K40",
    "A key that is renamed is left under its old name, too",
    "kv/KeyCommands.ts",
    "  store.drop(from)\n",
    ""
  ),
  own(
    "K41",
    "A value of the log that a node found is looked for in the last of its segments",
    "kv/Store.ts",
    "    const block = this.#adopted?.blocks.get(value.buffer)\n",
    "    const block = this.#adopted?.blocks.has(value.buffer)\n" +
      "      ? [...this.#adopted.blocks.values()].at(-1) : undefined\n"
  ),
  own(
    "K42",
    "A value that is taken out of its block is taken from one byte before it",
    "kv/LoadedString.ts",
    "Allocator.copy(this.value)",
    "Allocator.copy(this.block.bytes.subarray(this.#from - 1, this.#to - 1))"
  )
]
