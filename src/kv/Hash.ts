/**
 * What a key holds that is a hash: values by field, a field having one character for each byte. It
 * is written to in place, by `Store.change` alone, and remembers when that was: a key may be written
 * without its fields, and a snapshot needs these as they were.
 */
export class Hash extends Map<string, Uint8Array> {
  /** The index of the command that last wrote to the fields. */
  revision: number

  constructor(revision: number) {
    super()
    this.revision = revision
  }

  copy(revision: number): Hash {
    const copy = new Hash(revision)
    for (const [field, value] of this) copy.set(field, value)
    return copy
  }
}
