/**
 * What a key holds that is a hash: values by field, a field having one character for each byte. It
 * is written to in place, by `Store.change` alone, and remembers when that was: a key may be
 * written without its fields, and a snapshot needs these as they were.
 */
import * as Size from "./Size.js"

export class Hash extends Map<string, Uint8Array> {
  /** The index of the command that last wrote to the fields. */
  revision: number
  /** What the fields take. */
  sizeBytes = 0

  constructor(revision: number) {
    super()
    this.revision = revision
  }

  override set(field: string, value: Uint8Array): this {
    const before = this.get(field)
    if (before !== undefined) this.sizeBytes -= Size.ofField(field, before)
    this.sizeBytes += Size.ofField(field, value)
    return super.set(field, value)
  }

  override delete(field: string): boolean {
    const before = this.get(field)
    if (before !== undefined) this.sizeBytes -= Size.ofField(field, before)
    return super.delete(field)
  }

  copy(revision: number): Hash {
    const copy = new Hash(revision)
    for (const [field, value] of this) copy.set(field, value)
    return copy
  }
}
