/**
 * One TCP connection between two nodes, from either end: a socket that carries frames, and that
 * ends exactly once and for a stated reason. First a handshake within a deadline and in small
 * frames, then payloads. From then on both ends send an empty frame every second and let go when
 * nothing was heard for five: TCP alone would take up to a quarter of an hour to notice a host that
 * lost its power, and up to two minutes to go on after a long partition. An empty frame says
 * nothing and is not delivered.
 */
import type * as Net from "node:net"
import * as Frame from "../wire/Frame.js"
import * as Handshake from "../wire/Handshake.js"
import * as Note from "../wire/Note.js"

export const PING_MILLIS = 1000

/** So many pings without a byte from the other end, and the connection is given up. */
export const SILENCE_LIMIT_PINGS = 5

/** Up to here a frame is copied into one piece rather than written in two. */
export const JOIN_LIMIT_BYTES = 4096

/** Why a connection ended. */
export interface Ending {
  readonly reason:
    | Frame.Violation
    | Handshake.Refused["reason"]
    | "WrongIncarnation"
    | "NotRemembered"
    | "HandshakeTimeout"
    | "Silent"
    | "Replaced"
    | "Stopped"
    | "Lost"
  /** What happened, why, and what to do where something can be done. */
  readonly message: string
  /** Whether the two had agreed to talk. */
  readonly established: boolean
}

/** Called synchronously from the socket's events. */
export interface Handlers {
  /** The first payload is the handshake's: whoever takes it calls `establish` or `close`. */
  readonly payload: (payload: Uint8Array) => void
  /** What the other end's network tells this one (Note.ts); nobody listens if not given. */
  readonly noted?: (note: Uint8Array) => void
  /** It is not full any more. */
  readonly drained: () => void
  /** Exactly once, and the last of all calls. */
  readonly closed: (ending: Ending) => void
}

/** How long what may take; the moment a connection is opened counts as its beginning. */
export interface Patience {
  readonly handshakeMillis: number
  readonly pingMillis: number
}

export interface Connection {
  readonly write: (payload: Uint8Array) => void
  /** Not sent to one that speaks a protocol without notes. */
  readonly note: (note: Uint8Array) => void
  /** Whether so much waits to leave already that more should wait elsewhere, for `drained`. */
  readonly isFull: () => boolean
  /** What waits to leave. */
  readonly waitingBytes: () => number
  /** Whether nothing has ended it so far. */
  readonly isOpen: () => boolean
  /** `version` is the protocol that the two have agreed on. It must still be open. */
  readonly establish: (version: number) => void
  /** The protocol to speak on it; `undefined` until it is established. */
  readonly version: () => number | undefined
  /** Ends it at once; with a `lastWord`, when that has left or the handshake's deadline passes. */
  readonly close: (reason: Ending["reason"], message: string, lastWord?: Uint8Array) => void
}

export const open = (socket: Net.Socket, patience: Patience, handlers: Handlers): Connection => {
  const splitter = new Frame.Splitter(Handshake.HANDSHAKE_LIMIT_BYTES)
  let version: number | undefined
  let ending: Ending | undefined
  let silentPings = 0
  let ping: NodeJS.Timeout | undefined

  const write = (payload: Uint8Array): void => {
    if (ending === undefined) writeFrame(socket, payload)
  }

  const establish: Connection["establish"] = (agreed) => {
    version = agreed
    clearTimeout(deadline)
    splitter.limitBytes = Frame.FRAME_LIMIT_BYTES
    splitter.takesNotes = agreed >= Note.VERSION
    ping = setInterval(() => {
      if (silentPings === SILENCE_LIMIT_PINGS) return close("Silent", "nothing was heard from it")
      silentPings += 1
      if (socket.writableLength === 0) write(EMPTY)
    }, patience.pingMillis)
  }

  const end = (reason: Ending["reason"], message: string): Ending =>
    ending ??= { reason, message, established: version !== undefined }

  const close: Connection["close"] = (reason, message, lastWord) => {
    if (lastWord !== undefined) write(lastWord)
    end(reason, message)
    if (lastWord !== undefined) socket.destroySoon()
    else socket.destroy()
  }

  const deliver = (payload: Uint8Array): void => {
    if (ending === undefined && payload.length > 0) handlers.payload(payload)
  }

  const deadline = setTimeout(
    () => close("HandshakeTimeout", `no handshake within ${patience.handshakeMillis} ms`),
    patience.handshakeMillis
  )
  socket.on("data", (piece: Buffer) => {
    silentPings = 0
    if (ending !== undefined) return
    // Not as a Buffer, whose `slice` does not copy: payloads go to code that knows only Uint8Array.
    const bytes = new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
    const violation = splitter.feed(bytes, deliver, handlers.noted)
    if (violation !== undefined && ending === undefined) close(violation, explanation[violation])
  })
  socket.on("drain", handlers.drained)
  socket.on("error", (error) => end("Lost", reasonOf(error)))
  socket.on("close", () => {
    clearTimeout(deadline)
    clearInterval(ping)
    handlers.closed(end("Lost", "the other end closed it"))
  })
  return {
    write,
    note: (note) => {
      if (ending === undefined && splitter.takesNotes) socket.write(Frame.encodeNote(note))
    },
    isFull: () => socket.writableNeedDrain,
    waitingBytes: () => socket.writableLength,
    isOpen: () => ending === undefined,
    establish,
    version: () => version,
    close
  }
}

const writeFrame = (socket: Net.Socket, payload: Uint8Array): void => {
  if (payload.length <= JOIN_LIMIT_BYTES) {
    socket.write(Frame.encode(payload))
  } else {
    socket.cork()
    socket.write(Frame.header(payload))
    socket.write(payload)
    socket.uncork()
  }
}

const EMPTY = new Uint8Array(0)

const explanation = {
  FrameTooLong: "it announced a frame over the limit: what speaks there is no raftcache node, or " +
    "one of another build",
  BadChecksum: "a frame's checksum is wrong: its bytes were altered on their way, or what speaks " +
    "there is no raftcache node"
} as const satisfies Record<Frame.Violation, string>

/** When several addresses of one host were tried in vain, the error has no message of its own. */
const reasonOf = (error: NodeJS.ErrnoException): string => error.message || (error.code ?? "failed")
