/**
 * Memory for what there is much of: log entries, values, parts of snapshots. It is the engine's, as
 * any other, and goes when nobody refers to it; but the engine counts only a part of it.
 *
 * It counts the bytes of array buffers beside its heap, and begins to collect the whole heap
 * whenever `COUNTED_LIMIT_BYTES` were made since the last time, however much the heap holds. With a
 * million keys that takes a second of the loop, and 20,000 writes a second make as much every six;
 * left to itself, the engine waits until the heap has grown by a good part, and collects bit by
 * bit. The bytes of shared array buffers it does not count. So most of this memory is shared, with
 * nobody, and what is counted of it stands for the rest.
 */

/** The engine's own: V8's kExternalAllocationSoftLimit. */
const COUNTED_LIMIT_BYTES = 64 << 20

/** How many bytes one that is counted stands for, itself included. All are counted if it is 1. */
let bytesOfOneCounted = 1

/** What was handed out without being counted, less what that which was counted stands for. */
let uncountedBytes = 0

/**
 * Up to so much of this memory may be held that nobody needs any more before a collection begins
 * for its sake: about, and 64 MiB at least.
 */
export const allow = (garbageBytes: number): void => {
  bytesOfOneCounted = Math.max(1, garbageBytes / COUNTED_LIMIT_BYTES)
}

/** Arrays of so much at most lie on the engine's heap themselves, and cost no more than a view. */
export const ON_HEAP_BYTES = 64

/** Copies to and from shared memory take ten times as long and more: it shows in what is longer. */
const SHARED_COPY_LIMIT_BYTES = 1 << 20

/** As many zeros, the caller's own. */
export const allocate = (lengthBytes: number): Uint8Array => {
  if (lengthBytes <= ON_HEAP_BYTES) return new Uint8Array(lengthBytes)
  uncountedBytes += lengthBytes
  if (uncountedBytes < 0) return new Uint8Array(new SharedArrayBuffer(lengthBytes))
  uncountedBytes -= bytesOfOneCounted * lengthBytes
  return new Uint8Array(lengthBytes)
}

/** The same bytes in memory of their own. */
export const copy = (bytes: Uint8Array): Uint8Array => {
  const { length } = bytes
  if (length <= ON_HEAP_BYTES || length > SHARED_COPY_LIMIT_BYTES) return bytes.slice()
  const own = allocate(length)
  own.set(bytes)
  return own
}
