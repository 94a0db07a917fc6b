/**
 * Delta debugging (Zeller and Hildebrandt, 2002): what of a list can be left out. The parts tried
 * are large at first and become smaller, so that much goes with few questions.
 */

/**
 * A part of `items`, in their order, for which `holds` is true, if it is true for all of them. The
 * parts tried are all of it, its halves, and so on down to 2 to the power of `-halvings` of it or
 * single items. With as many halvings as it takes, and if `holds` is true for every list that
 * contains one for which it is, nothing more could be left out of the result.
 *
 * From the end: what comes late in a life matters least for the rest of it.
 */
export const ddmin = <A>(
  items: ReadonlyArray<A>,
  halvings: number,
  holds: (kept: ReadonlyArray<A>) => boolean
): ReadonlyArray<A> => {
  let kept = items
  let size = items.length
  for (let halving = 0; halving <= halvings && kept.length > 0; halving++) {
    for (let to = kept.length; to > 0; to -= size) {
      const rest = [...kept.slice(0, Math.max(0, to - size)), ...kept.slice(to)]
      if (holds(rest)) kept = rest
    }
    if (size === 1) break
    size = Math.ceil(Math.min(size, kept.length) / 2)
  }
  return kept
}
