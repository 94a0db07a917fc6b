import { describe, expect, it } from "@effect/vitest"
import type { Class } from "../../src/kv/Events.js"
import type * as Key from "../../src/kv/Key.js"
import * as Notifications from "../../src/live/Notifications.js"
import { Subscriptions } from "../../src/live/Subscriptions.js"

const notifications = (letters?: string) => {
  const published: Array<string> = []
  const subscriptions = new Subscriptions()
  subscriptions.publish = (_, channel, payload) =>
    published.push(`${channel} ${String.fromCharCode(...payload)}`)
  return { published, notifications: new Notifications.Notifications(subscriptions, letters) }
}

const classes: ReadonlyArray<Class> = [
  ...["generic", "string", "hash", "expired", "evicted", "new", "missed"] as const
]

describe("notify-keyspace-events", () => {
  it("chooses nothing at first", () => {
    const { notifications: none, published } = notifications()
    for (const kind of classes) none.notified(kind, "e", "k" as Key.Key)
    expect(published).toEqual([])
    expect(none.letters).toBe("")
  })

  // As a Redis 7.0.15 has answered CONFIG GET after CONFIG SET.
  it.each([
    ["K", "K"],
    ["KEA", "AKE"],
    ["KEAnm", "AKEm"],
    ["KEg$lshzxetd", "AKE"],
    ["nK", "nK"],
    ["mE", "Em"],
    ["AnK", "AK"],
    ["gKn", "gnK"],
    ["xxE", "xE"],
    ["dK", "dK"],
    ["", ""]
  ])("%j is written %j", (letters, written) => {
    expect(Notifications.isValid(letters)).toBe(true)
    expect(notifications(letters).notifications.letters).toBe(written)
  })

  it("is invalid with any other letter", () => {
    expect(Notifications.isValid("KEq")).toBe(false)
    expect(Notifications.isValid("k")).toBe(false)
  })

  it.each<readonly [string, ReadonlyArray<Class>]>([
    ["g", ["generic"]],
    ["$", ["string"]],
    ["h", ["hash"]],
    ["x", ["expired"]],
    ["e", ["evicted"]],
    ["n", ["new"]],
    ["m", ["missed"]],
    ["lsztd", []],
    ["A", ["generic", "string", "hash", "expired", "evicted"]],
    ["gx", ["generic", "expired"]]
  ])("%s chooses %j", (letters, chosen) => {
    const { notifications: some, published } = notifications(`E${letters}`)
    for (const kind of classes) some.notified(kind, kind, "k" as Key.Key)
    expect(published).toEqual(chosen.map((kind) => `__keyevent@0__:${kind} k`))
  })

  it("has the event told under the key, the key under the event, or both", () => {
    const told = (letters: string) => {
      const { notifications: some, published } = notifications(letters)
      some.notified("string", "set", "k" as Key.Key)
      return published
    }
    expect(told("A")).toEqual([])
    expect(told("AK")).toEqual(["__keyspace@0__:k set"])
    expect(told("AE")).toEqual(["__keyevent@0__:set k"])
    expect(told("AEK")).toEqual(["__keyspace@0__:k set", "__keyevent@0__:set k"])
  })
})
