/**
 * How an order of operations is put together one by one: how far it has come, and what may come
 * next. Which of all that is tried is the search's business (LinearizabilitySearch.ts), and so is
 * the idea behind it.
 */

/** Two states are the same if they are equal: so they are no objects. */
export type State = string | number | null

export interface Operation<Request, Answer> {
  readonly id: number
  readonly client: number
  readonly request: Request
  readonly calledAt: number
  /** Undefined: whether it took effect, and when, nobody knows, and it may yet do so. */
  readonly returnedAt: number | undefined
  /** Of an operation that returned. */
  readonly answer: Answer | undefined
}

/** What one key should do. */
export interface Specification<Request, Answer> {
  readonly initial: State
  /** Operations on different keys know nothing of each other. */
  readonly keyOf: (request: Request) => string
  /**
   * The state after the request; undefined if `answer` is not the one that it gives. Where `answer`
   * is undefined, any is right.
   */
  readonly step: (state: State, request: Request, answer: Answer | undefined) => State | undefined
  /** Whether it changes nothing in any state in which `answer` is right. */
  readonly changesNothing: (request: Request, answer: Answer | undefined) => boolean
}

/** Operations of one key. */
export interface Problem<Request, Answer> {
  /** Each took effect with its answer, but those that never returned. */
  readonly certain: ReadonlyArray<Operation<Request, Answer>>
  /** Each took effect between its call and its return, whatever it answered, or not at all. */
  readonly possible: ReadonlyArray<Operation<Request, Answer>>
}

/** How far a search has come: a set of operations that have taken effect, and what it led to. */
export interface Configuration {
  /** The last of the certain operations that has taken effect, in the order of their calls. */
  readonly last: number
  /** Those before it that have not; ascending. */
  readonly waiting: ReadonlyArray<number>
  /** The possible operations that have; ascending. */
  readonly used: ReadonlyArray<number>
  readonly state: State
  /** The latest call among all of them: what returned before it is too late. */
  readonly latestCall: number
  /** The state before the last step, if that was a possible operation. */
  readonly without: State | undefined
}

/** A configuration, and the candidates for the next step that have not been tried. */
export interface Frame extends Configuration {
  /** The next candidate: of the certain operations those that wait, then those called since. */
  candidate: number
  /** Here there are no more. */
  readonly end: number
  /** The possible operations that are left to try; undefined until all else has been tried. */
  possible: Array<number> | undefined
}

/** What follows on what. */
export class Tree<Request, Answer> {
  readonly #specification: Specification<Request, Answer>
  /** In the order of their calls; all have returned. */
  readonly #certain: ReadonlyArray<Operation<Request, Answer>>
  /** First those that never returned, then the others, both in the order of their calls. */
  readonly #possible: ReadonlyArray<Operation<Request, Answer>>
  /** So many never returned. */
  readonly #open: number
  /** Of those that did, up to each position, the last return. */
  readonly #lastReturn: Float64Array
  /** Of the certain operations from each position on, the first return. */
  readonly #firstReturn: Float64Array
  /** Short names for states, which may be long. */
  readonly #states = new Map<State, number>()

  constructor(
    { certain, possible }: Problem<Request, Answer>,
    specification: Specification<Request, Answer>
  ) {
    this.#specification = specification
    this.#certain = certain.filter(({ returnedAt }) => returnedAt !== undefined).sort(byCall)
    const others = [...certain.filter(({ returnedAt }) => returnedAt === undefined), ...possible]
      .filter(({ request }) => !specification.changesNothing(request, undefined))
      .map((each) => ({ ...each, answer: undefined }))
      .sort(byCall)
    const open = others.filter(({ returnedAt }) => returnedAt === undefined)
    this.#possible = [...open, ...others.filter(({ returnedAt }) => returnedAt !== undefined)]
    this.#open = open.length
    const count = this.#certain.length
    this.#firstReturn = new Float64Array(count + 1).fill(Number.POSITIVE_INFINITY)
    for (let at = count - 1; at >= 0; at--) {
      this.#firstReturn[at] = Math.min(this.#firstReturn[at + 1]!, returnOf(this.#certain[at]!))
    }
    this.#lastReturn = new Float64Array(this.#possible.length)
    for (let at = this.#open, last = Number.NEGATIVE_INFINITY; at < this.#possible.length; at++) {
      this.#lastReturn[at] = last = Math.max(last, returnOf(this.#possible[at]!))
    }
  }

  root(): Frame {
    return this.frame({
      last: -1,
      waiting: [],
      used: [],
      state: this.#specification.initial,
      latestCall: Number.NEGATIVE_INFINITY,
      without: undefined
    })
  }

  isComplete({ last, waiting }: Configuration): boolean {
    return last === this.#certain.length - 1 && waiting.length === 0
  }

  /** Equal for equal sets and states, and for no others. */
  name({ last, state, used, waiting }: Configuration): string {
    let id = this.#states.get(state)
    if (id === undefined) this.#states.set(state, id = this.#states.size)
    return `${last};${waiting.join()};${used.join()};${id}`
  }

  /** An operation is a candidate if none that is not through returned before it was called. */
  frame(configuration: Configuration): Frame {
    const { last, state, waiting } = configuration
    const deadline = this.#deadline(configuration)
    let position = last + 1
    while (position < this.#certain.length && this.#certain[position]!.calledAt <= deadline) {
      position++
    }
    const end = waiting.length + position - last - 1
    // What changes nothing and is right now need not come later, so nothing else is tried.
    for (let candidate = 0; candidate < end; candidate++) {
      const { answer, request } = this.#certain[positionOf(configuration, candidate)]!
      if (!this.#specification.changesNothing(request, answer)) continue
      if (this.#specification.step(state, request, answer) === undefined) continue
      return frameOf(configuration, candidate, candidate + 1, [])
    }
    return frameOf(configuration, 0, end, undefined)
  }

  /** By the next candidate that can be right. */
  next(frame: Frame): Configuration | undefined {
    while (frame.candidate < frame.end) {
      const next = this.#certainly(frame, positionOf(frame, frame.candidate++))
      if (next !== undefined) return next
    }
    frame.possible ??= this.#possibleAfter(frame)
    while (frame.possible.length > 0) {
      const next = this.#possibly(frame, frame.possible.pop()!)
      if (next !== undefined) return next
    }
    return undefined
  }

  /** Whatever was called by then and had not returned before what has taken effect was called. */
  #possibleAfter(configuration: Configuration): Array<number> {
    const { latestCall, used } = configuration
    const deadline = this.#deadline(configuration)
    const isCalled = (position: number): boolean => this.#possible[position]!.calledAt <= deadline
    const isUnused = (position: number): boolean => !used.includes(position)
    const found: Array<number> = []
    for (let at = 0; at < this.#open && isCalled(at); at++) if (isUnused(at)) found.push(at)
    const start = firstNotBelow(this.#lastReturn, latestCall, this.#open)
    for (let at = start; at < this.#possible.length && isCalled(at); at++) {
      if (returnOf(this.#possible[at]!) >= latestCall && isUnused(at)) found.push(at)
    }
    return found
  }

  #deadline({ last, waiting }: Configuration): number {
    let deadline = this.#firstReturn[last + 1]!
    for (const position of waiting) {
      deadline = Math.min(deadline, returnOf(this.#certain[position]!))
    }
    return deadline
  }

  #certainly(frame: Configuration, position: number): Configuration | undefined {
    const { last, used, waiting } = frame
    const operation = this.#certain[position]!
    const state = this.#step(frame, operation)
    if (state === undefined) return undefined
    const latestCall = Math.max(frame.latestCall, operation.calledAt)
    if (position < last) {
      const others = waiting.filter((each) => each !== position)
      return { last, waiting: others, used, state, latestCall, without: undefined }
    }
    const passed = Array.from({ length: position - last - 1 }, (_, at) => last + 1 + at)
    return {
      last: position,
      waiting: passed.length === 0 ? waiting : [...waiting, ...passed],
      used,
      state,
      latestCall,
      without: undefined
    }
  }

  #possibly(frame: Configuration, position: number): Configuration | undefined {
    const { last, used, waiting } = frame
    const operation = this.#possible[position]!
    const state = this.#step(frame, operation)
    if (state === undefined || state === frame.state) return undefined
    return {
      last,
      waiting,
      used: [...used, position].sort((one, other) => one - other),
      state,
      latestCall: Math.max(frame.latestCall, operation.calledAt),
      without: frame.state
    }
  }

  /** Undefined also if the possible operation before it was for nothing. */
  #step(
    { state, without }: Configuration,
    { answer, request }: Operation<Request, Answer>
  ): State | undefined {
    const after = this.#specification.step(state, request, answer)
    if (after === undefined || without === undefined) return after
    return this.#specification.step(without, request, answer) === after ? undefined : after
  }
}

/** Property by property: a search makes millions, and to spread one takes several times as long. */
const frameOf = (
  { last, latestCall, state, used, waiting, without }: Configuration,
  candidate: number,
  end: number,
  possible: Array<number> | undefined
): Frame => ({
  last,
  waiting,
  used,
  state,
  latestCall,
  without,
  candidate,
  end,
  possible
})

const positionOf = ({ last, waiting }: Configuration, candidate: number): number =>
  candidate < waiting.length ? waiting[candidate]! : last + 1 + candidate - waiting.length

/** From `start` on, in what is ascending; its length if all are below. */
const firstNotBelow = (ascending: Float64Array, bound: number, start: number): number => {
  let [from, to] = [start, ascending.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (ascending[middle]! < bound) from = middle + 1
    else to = middle
  }
  return from
}

const byCall = <Request, Answer>(
  one: Operation<Request, Answer>,
  other: Operation<Request, Answer>
): number => one.calledAt - other.calledAt || one.id - other.id

const returnOf = <Request, Answer>({ returnedAt }: Operation<Request, Answer>): number =>
  returnedAt ?? Number.POSITIVE_INFINITY
