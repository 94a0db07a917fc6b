/**
 * How a request is answered once what it has waited for is known: by what the node said, by the
 * command itself, or not at all if the client wants no replies.
 */
import type { Writer } from "../wire/RespReply.js"
import type { Client, Server } from "./RedisCommand.js"
import type { Gate } from "./RedisGate.js"
import { NO_AUTHENTICATION, REFUSALS, UNKNOWN_OUTCOME } from "./RedisRefusals.js"
import type { Request } from "./RedisRequest.js"
import type { Tracker } from "./Tracker.js"

/** The client may have said who it is in the request before. */
export const mayAsk = ({ isOpen }: Request, { user }: Client): boolean =>
  isOpen || user !== undefined

/** What the client does not want to hear is taken back. */
export const write = (
  request: Request,
  gate: Gate,
  out: Writer,
  client: Client,
  server: Server
): void => {
  const before = out.length
  if (client.replies === "skip") client.replies = "skipping"
  writeAll(request, gate, out, client, server)
  const isSilent = client.replies === "skipping" || client.replies === "off"
  if (isSilent && request.asked?.pushes !== true) out.cut(before)
  if (client.replies === "skipping") client.replies = "on"
  if (client.tracker !== undefined) track(client.tracker, request, gate, out)
}

/** What a client that tracks is told behind the reply. */
const track = (tracker: Tracker, request: Request, { outcome }: Gate, out: Writer): void => {
  if (request.keepsCaching !== true) tracker.isCachingSaid = false
  if (outcome?._tag === "Done") tracker.replied(outcome.index, out)
}

const writeAll = (
  request: Request,
  { heard = [], outcome }: Gate,
  out: Writer,
  client: Client,
  server: Server
): void => {
  switch (outcome?._tag) {
    case "Done":
      return request.replay === undefined
        ? out.answer(outcome.answer)
        : request.replay(outcome, heard, out, client, server)
    case "Refused":
      return isNeverRefused(request)
        ? run(request, out, client, server)
        : out.error(REFUSALS[outcome.reason])
    case "Readable":
      return run(request, out, client, server)
    case "UnknownOutcome":
      return out.error(UNKNOWN_OUTCOME)
    case "Told":
      return outcome.tell(out)
    case undefined:
      throw new Error("a reply is written before it is known")
  }
}

const isNeverRefused = ({ asked }: Request): boolean =>
  asked?.kind === "Read" && asked.isNeverRefused === true

const run = (request: Request, out: Writer, client: Client, server: Server): void => {
  if (mayAsk(request, client)) request.run?.(request.words, out, client, server)
  else out.error(NO_AUTHENTICATION)
}
