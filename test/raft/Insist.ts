/**
 * An assertion for the inner loops of the random tests: chai's would take nine tenths of their
 * time.
 */
export const insist: (
  holds: boolean,
  what: string,
  ...values: ReadonlyArray<unknown>
) => asserts holds = (holds, what, ...values) => {
  if (!holds) throw new Error([what, ...values.map((value) => JSON.stringify(value))].join(" "))
}

/** `value`, which must be there. */
export const defined = <A>(value: A | undefined, what: string): A => {
  if (value === undefined) throw new Error(what)
  return value
}
