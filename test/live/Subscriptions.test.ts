import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Latin1 from "../../src/kv/Latin1.js"
import type { Client, Tell } from "../../src/live/ConnectedClient.js"
import * as Subscriptions from "../../src/live/Subscriptions.js"
import * as RespReply from "../../src/wire/RespReply.js"

/** A client of which nothing is looked at but what it listens to and is told. */
const listener = (id: number) => {
  const heard: Array<string> = []
  const push = (tell: Tell) => {
    const out = new RespReply.Writer()
    tell(out)
    heard.push(Latin1.decode(out.written(), 0, out.length).split("\r\n").slice(2).join(" "))
  }
  const client = { id, push, subscribed: Subscriptions.nothing() } as unknown as Client
  return { client, heard }
}

const payload = Latin1.encode("x")

describe("the subscribers of a node", () => {
  it("are told by name, by each pattern that matches, and each as often as it listens", () => {
    const subscriptions = new Subscriptions.Subscriptions()
    const [one, other] = [listener(1), listener(2)]
    subscriptions.add(one.client, "channel", "ab")
    subscriptions.add(one.client, "pattern", "a*")
    subscriptions.add(other.client, "pattern", "a*")
    subscriptions.add(other.client, "pattern", "b*")
    subscriptions.add(other.client, "shard", "ab")
    expect(subscriptions.publish("channel", "ab", payload)).toBe(3)
    expect(one.heard).toEqual(["message $2 ab $1 x ", "pmessage $2 a* $2 ab $1 x "])
    expect(other.heard).toEqual(["pmessage $2 a* $2 ab $1 x "])
    expect(subscriptions.publish("shard", "ab", payload)).toBe(1)
    expect(other.heard.slice(1)).toEqual(["smessage $2 ab $1 x "])
  })

  it("are told once of a channel to which they listen twice", () => {
    const subscriptions = new Subscriptions.Subscriptions()
    const { client, heard } = listener(1)
    subscriptions.add(client, "channel", "a")
    subscriptions.add(client, "channel", "a")
    expect(subscriptions.publish("channel", "a", payload)).toBe(1)
    expect(heard.length).toBe(1)
    subscriptions.remove(client, "channel", "a")
    subscriptions.remove(client, "channel", "a")
    expect(subscriptions.publish("channel", "a", payload)).toBe(0)
  })

  it("are counted by message of the entry that was applied last, and of no other", () => {
    const subscriptions = new Subscriptions.Subscriptions()
    subscriptions.add(listener(1).client, "channel", "a")
    const publish = (index: number, channel: string) =>
      subscriptions.published({ reach: "channel", channel: Latin1.encode(channel), payload, index })
    publish(3, "a")
    publish(3, "b")
    expect(subscriptions.heard(3)).toEqual([1, 0])
    publish(4, "a")
    expect(subscriptions.heard(4)).toEqual([1])
    expect(subscriptions.heard(3)).toEqual([])
    expect(subscriptions.heard(5)).toEqual([])
  })

  const kinds = ["channel", "pattern", "shard"] as const
  const step = fc.record({
    who: fc.nat(2),
    kind: fc.constantFrom(...kinds),
    name: fc.constantFrom("a", "b", "*"),
    what: fc.constantFrom("add" as const, "remove" as const, "leave" as const)
  })

  it.prop(
    "are who has subscribed and not left, whatever came before",
    [fc.array(step)],
    ([all]) => {
      const subscriptions = new Subscriptions.Subscriptions()
      const clients = [1, 2, 3].map((id) => listener(id).client)
      const model = new Set<string>()
      for (const { kind, name, what, who } of all) {
        const client = clients[who]!
        if (what === "add") model.add(`${who} ${kind} ${name}`)
        if (what === "remove") model.delete(`${who} ${kind} ${name}`)
        if (what === "leave") {
          for (const each of model) if (each.startsWith(`${who} `)) model.delete(each)
          subscriptions.leave(client)
        } else subscriptions[what](client, kind, name)
      }
      for (const kind of kinds) {
        const names = new Set([...model].flatMap((each) => {
          const [, aKind, name] = each.split(" ")
          return aKind === kind ? [name!] : []
        }))
        expect(subscriptions.names(kind).toSorted()).toEqual([...names].toSorted())
        for (const name of names) {
          const count = [0, 1, 2].filter((who) => model.has(`${who} ${kind} ${name}`)).length
          expect(subscriptions.count(kind, name)).toBe(count)
        }
      }
      for (const [who, client] of clients.entries()) {
        expect(Subscriptions.isListening(client))
          .toBe([...model].some((each) => each.startsWith(`${who} `)))
      }
    }
  )
})
