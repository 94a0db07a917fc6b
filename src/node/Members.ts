/**
 * Who belongs to the cluster and where each is reached, as written on the command line:
 * `n1=10.0.0.1:7101,n2=10.0.0.2:7101,n3=[::1]:7101`.
 */
import { Either } from "effect"
import type { NewMember, NodeId } from "../raft/Event.js"

export interface Member {
  readonly id: NodeId
  readonly host: string
  readonly port: number
}

/** Larger clusters only become slower: every write waits for a majority. */
export const MEMBERS_LIMIT = 9

const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const PORT_LIMIT = 65_535

/** `host:port`, an IPv6 address in brackets. The left side says what is wrong with it. */
export const parseAddress = (
  text: string
): Either.Either<{ readonly host: string; readonly port: number }, string> => {
  const colon = text.lastIndexOf(":")
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, "$1")
  const port = Number(text.slice(colon + 1))
  if (colon < 1 || host === "" || text.endsWith(":")) {
    return Either.left(`"${text}" is not host:port`)
  }
  if (!Number.isInteger(port) || port < 0 || port > PORT_LIMIT) {
    return Either.left(`"${text}" has no port from 0 to ${PORT_LIMIT}`)
  }
  return Either.right({ host, port })
}

export const formatAddress = ({ host, port }: { host: string; port: number }): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

/** `id=host:port`. */
export const parseMember = (text: string): Either.Either<Member, string> => {
  const equals = text.indexOf("=")
  if (equals < 1) return Either.left(`"${text}" is not id=host:port`)
  const id = text.slice(0, equals)
  if (!ID.test(id)) {
    return Either.left(`"${id}" is no node id: letters, digits, "_", "." and "-", at most 64`)
  }
  return Either.map(parseAddress(text.slice(equals + 1)), (address) => ({ id, ...address }))
}

/** Every member, in the order given. */
export const parse = (text: string): Either.Either<ReadonlyArray<Member>, string> =>
  Either.flatMap(Either.all(text.split(",").map((each) => parseMember(each.trim()))), validate)

/** No id and no address twice, and not too many. */
export const validate = (
  members: ReadonlyArray<Member>
): Either.Either<ReadonlyArray<Member>, string> => {
  if (members.length > MEMBERS_LIMIT) {
    return Either.left(`${members.length} members are too many: at most ${MEMBERS_LIMIT}`)
  }
  const seen = new Set<string>()
  for (const member of members) {
    for (const name of [member.id, formatAddress(member)]) {
      if (seen.has(name)) return Either.left(`${name} is there twice`)
      seen.add(name)
    }
  }
  return Either.right(members)
}

/** The form `parse` reads. */
export const format = (members: ReadonlyArray<Member>): string =>
  members.map((member) => `${member.id}=${formatAddress(member)}`).join(",")

/** Where each is reached, by its id. */
export const addressesOf = (members: ReadonlyArray<Member>): Readonly<Record<NodeId, string>> =>
  Object.fromEntries(members.map((member) => [member.id, formatAddress(member)]))

/** As the core has it. */
export const toNew = (member: Member): NewMember => ({
  id: member.id,
  address: formatAddress(member)
})
