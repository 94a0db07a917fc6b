/**
 * What connects the nodes of a chaotic cluster, and how it is broken. Nodes are counted from 1 on.
 */
export interface Address {
  readonly host: string
  readonly port: number
}

export interface Network {
  /** What a slow line is like. */
  readonly slowness: string
  /** The words that start `main` in the node's network. */
  readonly command: (node: number, main: string) => ReadonlyArray<string>
  /** Where the node serves its clients. */
  readonly listens: (node: number) => Address
  /** Where the node listens for the others. */
  readonly meets: (node: number) => Address
  /** What `from` sends to `to` does not arrive, until it is mended. */
  readonly cut: (from: number, to: number) => void
  readonly mend: (from: number, to: number) => void
  /** All that the node sends. */
  readonly slow: (node: number) => void
  readonly quicken: (node: number) => void
  readonly close: () => void
}
