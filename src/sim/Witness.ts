/**
 * Whether a history is linearizable, exactly and without a search: the log says in which order the
 * operations took effect, and this checks that it is an order which every client can believe. A
 * write stands at its index, a read after all that its replica had applied. Another order might
 * explain the answers where this one does not; it is reported all the same, because Raft promises
 * this one. Of a stale read only its answer is checked, at the place where its replica was.
 *
 * O(n log n) in the number of operations; words are made only for a violation.
 */
import type { Application } from "./Application.js"
import type { Applied, Call, History } from "./History.js"

export interface Violation {
  readonly oracle: "log-order" | "exactly-once" | "linearizable" | "right-answers" | "right-events"
  readonly message: string
}

/**
 * The first promise that `history` breaks, if it breaks one: each takes the ones before it for
 * granted.
 */
export const check = (history: History, application: Application): Violation | undefined => {
  const placed: Array<Placed> = []
  return logOrder(history.applied, application) ??
    exactlyOnce(history, application, placed) ??
    linearizable(placed.sort(byPlace).filter(({ call }) => call.isStale !== true), application) ??
    rightAnswers(history.applied, placed, application)
}

/** The indexes of applied commands only grow. */
const logOrder = (
  applied: ReadonlyArray<Applied>,
  application: Application
): Violation | undefined => {
  for (let at = 1; at < applied.length; at++) {
    const [before, after] = [applied[at - 1]!, applied[at]!]
    if (before.index < after.index) continue
    return {
      oracle: "log-order",
      message: `${nameCommand(after, application)} was applied at index ${after.index}, ` +
        `after ${nameCommand(before, application)} at index ${before.index}`
    }
  }
  return undefined
}

/** An operation that took effect, and where. */
interface Placed {
  readonly call: Call
  readonly index: number
}

/** Writes before the reads of their index, which stay in the order of their calls. */
const byPlace = (a: Placed, b: Placed): number =>
  a.index - b.index ||
  Number(a.call.request.kind === "read") - Number(b.call.request.kind === "read")

/** All operations whose commands are the same bytes. */
interface Group {
  /** The first that may have taken effect, or else the first. */
  call: Call
  /** How many of them may have taken effect. */
  allowed: number
  applied: number
  /** Where, the last time. */
  index: number
  /** Another group whose hash is the same. */
  readonly next: Group | undefined
}

/** By the hash of the command: making strings of them would cost more than all the rest. */
type Groups = Map<number, Group>

const find = (groups: Groups, command: Uint8Array, key = hash(command)): Group | undefined => {
  let group = groups.get(key)
  while (group !== undefined && !isEqual(group.call.request.bytes, command)) group = group.next
  return group
}

/** Four bytes at a time, which is as many times faster for long commands. */
const hash = (bytes: Uint8Array): number => {
  let word = bytes.length
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    const four = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24
    word = Math.imul(word ^ four, 0x85ebca6b)
    word ^= word >>> 15
  }
  for (; at < bytes.length; at++) word = Math.imul(word ^ bytes[at]!, 0x01000193)
  return word
}

/** Adds the operation to those with the same command. */
const groupOf = (groups: Groups, call: Call): Group => {
  const { bytes } = call.request
  const key = hash(bytes)
  const isAllowed = call.outcome !== "refused"
  const known = find(groups, bytes, key)
  if (known === undefined) {
    const next = groups.get(key)
    const group = { call, allowed: isAllowed ? 1 : 0, applied: 0, index: 0, next }
    groups.set(key, group)
    return group
  }
  if (isAllowed && known.allowed++ === 0) known.call = call
  return known
}

/** What an index must hold, because a write was answered as of it. */
interface Claim {
  readonly call: Call
  readonly group: Group
}

/**
 * Every command that was applied was asked for, no more often than operations that were not refused
 * asked for it, and every write that was answered was applied where its answer says. Adds to
 * `placed` what took effect, also writes that nobody heard of again: of several with one command
 * the first, since what came too early for the first came too early for all.
 */
const exactlyOnce = (
  { applied, calls }: History,
  application: Application,
  placed: Array<Placed>
): Violation | undefined => {
  const violation = (message: string): Violation => ({ oracle: "exactly-once", message })
  const groups: Groups = new Map()
  const claims = new Map<number, Claim>()
  for (const call of calls) {
    const group = call.request.kind === "write" ? groupOf(groups, call) : undefined
    if (call.outcome !== "done") continue
    const index = indexOf(call)
    placed.push({ call, index })
    if (group === undefined) continue
    const other = claims.get(index)
    if (other !== undefined) {
      return violation(
        `${name(call, application)} and ${name(other.call, application)} ` +
          `were both answered as of index ${index}`
      )
    }
    claims.set(index, { call, group })
  }
  for (const one of applied) {
    if (application.isOwn?.(one.command) === true) continue
    const claim = claims.get(one.index)
    const isRight = claim !== undefined && isEqual(claim.call.request.bytes, one.command)
    const group = isRight ? claim.group : find(groups, one.command)
    if (group === undefined) {
      return violation(
        `${nameCommand(one, application)} was applied at index ${one.index}, ` +
          "although no operation asked for it"
      )
    }
    if (++group.applied > group.allowed) return violation(tooOften(group, one.index, application))
    group.index = one.index
    if (isRight) claims.delete(one.index)
    else if (group.call.outcome !== "done") placed.push({ call: group.call, index: one.index })
  }
  const [missing] = claims
  if (missing === undefined) return undefined
  const [index, { call }] = missing
  const there = applied.find((one) => one.index === index)
  return violation(
    `${name(call, application)} was answered as of index ${index}, where ` +
      `${there === undefined ? "nothing" : nameCommand(there, application)} was applied`
  )
}

const tooOften = (group: Group, index: number, application: Application): string => {
  const subject = name(group.call, application)
  if (group.allowed === 0) return `${subject} was refused, but applied at index ${index}`
  if (group.allowed === 1) {
    return `${subject} was applied twice: at index ${group.index} and at index ${index}`
  }
  return `${subject} and ${group.allowed - 1} others with the same command were applied ` +
    `${group.applied} times, the last time at index ${index}`
}

/** Nothing is placed after an operation that was called only when it had already returned. */
const linearizable = (
  placed: ReadonlyArray<Placed>,
  application: Application
): Violation | undefined => {
  let latest: Placed | undefined
  for (const one of placed) {
    const returnedAt = one.call.returnedAt ?? Number.POSITIVE_INFINITY
    if (latest !== undefined && returnedAt < latest.call.calledAt) {
      const { answer } = latest.call
      const effect = answer === undefined
        ? "was applied at"
        : `was answered ${application.describeAnswer(answer)} as of`
      const earlier = `${name(one.call, application)}, placed at ${one.index},`
      return {
        oracle: "linearizable",
        message: `${name(latest.call, application)} ${effect} index ${latest.index}, ` +
          `although ${earlier} had returned before it was called`
      }
    }
    if (latest === undefined || one.call.calledAt > latest.call.calledAt) latest = one
  }
  return undefined
}

/**
 * Every answer is the one of a model to which the same commands are applied, and of each command
 * that is told which the model tells.
 */
const rightAnswers = (
  applied: ReadonlyArray<Applied>,
  placed: ReadonlyArray<Placed>,
  application: Application
): Violation | undefined => {
  const model = application.model()
  const violation = (
    subject: string,
    index: number,
    actual: Uint8Array,
    right: Uint8Array
  ): Violation => ({
    oracle: "right-answers",
    message:
      `${subject} was answered ${application.describeAnswer(actual)} as of index ${index}, ` +
      `where ${application.describeAnswer(right)} is right` + difference(actual, right)
  })
  let next = 0
  let right: Uint8Array = new Uint8Array()
  const replay = (upTo: number): Violation | undefined => {
    for (; next < applied.length && applied[next]!.index <= upTo; next++) {
      const one = applied[next]!
      right = model.apply(one.command, one.index)
      if (!isEqual(one.answer, right)) {
        return violation(nameCommand(one, application), one.index, one.answer, right)
      }
      const told = model.told?.()
      if (told === undefined || one.told === undefined || one.told === told) continue
      return {
        oracle: "right-events",
        message: `of ${nameCommand(one, application)} at ${one.index} was told "${one.told}", ` +
          `where "${told}" is right`
      }
    }
    return undefined
  }
  for (const { call, index } of placed) {
    const wrong = replay(index)
    if (wrong !== undefined) return wrong
    const { answer } = call
    if (answer === undefined) continue
    // What was last applied is the call's own write: exactlyOnce has seen to it.
    const expected = call.request.kind === "read" ? model.read(call.request.bytes) : right
    if (!isEqual(answer, expected)) {
      return violation(name(call, application), index, answer, expected)
    }
  }
  return replay(Number.POSITIVE_INFINITY)
}

/** Long answers may look the same when they are described. */
const difference = (actual: Uint8Array, right: Uint8Array): string => {
  const at = actual.findIndex((byte, position) => byte !== right[position])
  return ` (different from byte ${at < 0 ? actual.length : at} on)`
}

/** A call that is done without an index or an answer is an error of whoever recorded it. */
const indexOf = (call: Call): number => {
  if (call.index !== undefined && call.answer !== undefined && call.returnedAt !== undefined) {
    return call.index
  }
  throw new Error(
    `operation ${call.id} is recorded as done, but not its answer, index and return: record these`
  )
}

const name = ({ client, id, request }: Call, application: Application): string =>
  `operation ${id} (client ${client}, ${application.describe(request)})`

const nameCommand = ({ command }: Applied, application: Application): string =>
  `the command ${application.describe({ kind: "write", bytes: command })}`

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
