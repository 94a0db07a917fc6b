/**
 * A mutant: this program with one real bug in it, made by a small edit of its own source. The
 * simulator must find it, or it would not have found the bug.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"

export interface Mutant {
  /** Letter and number as in the list of bugs that it comes from; unique. */
  readonly id: string
  /** What goes wrong, in words. */
  readonly title: string
  /** Where it went wrong, as `owner/repository#number` or a commit; "analysis" if nowhere known. */
  readonly source: string
  /** Below src/. */
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
}

/**
 * The file's text with the bug in it. Throws if the edit does not apply to exactly one place: the
 * source has changed, and the row has to follow it.
 */
export const edited = (root: string, { file, find, id, replace }: Mutant): string => {
  const text = readFileSync(join(root, "src", file), "utf8")
  const [before, after, ...more] = text.split(find)
  if (before !== undefined && after !== undefined && more.length === 0) {
    return before + replace + after
  }
  throw new Error(
    `mutant ${id} does not apply any more: what it replaces is in src/${file} ` +
      `${
        after === undefined ? "no more" : "more than once"
      }. Change its row so that it makes the ` +
      "same mistake in today's source."
  )
}
