/**
 * What waits to be written to one peer, first in first out and bounded by bytes. When there is too
 * much the oldest goes: Raft repeats what was lost, and the newest is the likeliest to be still
 * true.
 */
import { Numbered } from "../node/Numbered.js"

/** What a waiting payload costs beyond its bytes, so that many small ones are bounded too. */
export const OVERHEAD_BYTES = 128

export class SendQueue {
  /** By their number in the order of arrival; those from `first` up to `end`, exclusive, wait. */
  private readonly payloads = new Numbered<Uint8Array>()
  private first = 0
  private end = 0
  private bytes = 0

  /** Adds `payload` and drops from the front until all fits into `limitBytes`, or it is alone. */
  offer(payload: Uint8Array, limitBytes: number): void {
    this.payloads.add(this.end, payload)
    this.end += 1
    this.bytes += cost(payload)
    while (this.bytes > limitBytes && this.payloads.size > 1) this.take()
  }

  take(): Uint8Array | undefined {
    const payload = this.payloads.take(this.first)
    if (payload === undefined) return undefined
    this.first += 1
    this.bytes -= cost(payload)
    return payload
  }

  clear(): void {
    this.payloads.clear()
    this.first = this.end
    this.bytes = 0
  }
}

const cost = (payload: Uint8Array): number => OVERHEAD_BYTES + payload.length
