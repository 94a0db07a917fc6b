/**
 * Numbers that follow from a first one, one after the other, as if they were drawn: chance without
 * a source of chance.
 */
import { mix } from "./Keyspace.js"

/** Draws a whole number from 0 to `arity - 1`. */
export type Draw = (arity: number) => number

/** Odd, and far from any round number of bits: 2^32 by the golden ratio. */
const STEP = 0x9e3779b9

export const from = (first: number): Draw => {
  let word = first
  return (arity) => {
    word = (word + STEP) >>> 0
    return mix(word) % arity
  }
}
