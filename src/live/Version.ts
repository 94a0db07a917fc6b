/** The version of this package, as its package.json states it: a test compares the two. */
export const VERSION = "0.1.0"
