import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PasswordHash from "../../src/live/PasswordHash.js"
import * as Users from "../../src/live/Users.js"

const bytes = (text: string) => new TextEncoder().encode(text)

const verify = (users: Users.Users, name: string, password: string) =>
  Effect.async<boolean>((resume) =>
    users.verify(name, bytes(password), (isRight) => resume(Effect.succeed(isRight)))
  )

describe("the hash of a password", () => {
  it.effect("is another one each time, and is that of no other password", () =>
    Effect.gen(function*() {
      const one = yield* PasswordHash.make(bytes("secret"))
      const other = yield* PasswordHash.make(bytes("secret"))
      expect(PasswordHash.format(one)).not.toBe(PasswordHash.format(other))
      const read = PasswordHash.parse(PasswordHash.format(one))
      const users = yield* Users.make(new Map([["ann", read!]]))
      expect(yield* verify(users, "ann", "secret")).toBe(true)
      expect(yield* verify(users, "ann", "Secret")).toBe(false)
    }))

  it.each([
    "",
    "secret",
    "$scrypt$ln=14,r=8,p=1$$",
    "$scrypt$ln=0,r=8,p=1$c2FsdA==$a2V5",
    "$scrypt$ln=30,r=8,p=1$c2FsdA==$a2V5",
    "$scrypt$ln=14,r=999,p=1$c2FsdA==$a2V5",
    "$argon2id$ln=14,r=8,p=1$c2FsdA==$a2V5"
  ])("is not %j", (text) => {
    expect(PasswordHash.parse(text)).toBeUndefined()
  })
})

describe("users", () => {
  it.effect("are everybody as long as there are none", () =>
    Effect.gen(function*() {
      const users = yield* Users.make(new Map())
      expect(users.initial).toBe("default")
      expect(yield* verify(users, "default", "anything")).toBe(true)
      expect(yield* verify(users, "ann", "anything")).toBe(false)
    }))

  it.effect("are let in by their own passwords only, the first time and again", () =>
    Effect.gen(function*() {
      const users = yield* Users.make(
        new Map([
          ["bob", yield* PasswordHash.make(bytes("b"))],
          ["ann", yield* PasswordHash.make(bytes("a"))]
        ])
      )
      expect(users.initial).toBeUndefined()
      expect(users.names).toEqual(["ann", "bob"])
      const asked = [["ann", "a"], ["ann", "b"], ["bob", "b"], ["default", "a"]] as const
      const expected = [true, false, true, false]
      const all = Effect.forEach(asked, ([name, password]) => verify(users, name, password), {
        concurrency: "unbounded"
      })
      expect(yield* all).toEqual(expected)
      expect(yield* all).toEqual(expected)
    }))
})
