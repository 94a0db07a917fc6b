import { assert, describe, it } from "@effect/vitest"
import * as SystemError from "../../src/live/SystemError.js"
import type { DiskError } from "../../src/service/Disk.js"

describe("an error of the operating system", () => {
  it.each<[string | undefined, DiskError["reason"]]>([
    ["ENOENT", "NotFound"],
    ["ENOSPC", "NoSpace"],
    ["EDQUOT", "NoSpace"],
    ["EROFS", "ReadOnly"],
    ["EACCES", "ReadOnly"],
    ["EPERM", "ReadOnly"],
    ["EIO", "Failed"],
    [undefined, "Failed"]
  ])("%s means %s to a disk", (code, reason) => {
    const cause = Object.assign(new Error("from the system"), { code })
    assert.deepInclude(SystemError.toDisk("append", "a", cause), {
      operation: "append",
      file: "a",
      reason,
      cause
    })
  })

  it("that is none is a failure", () => {
    assert.strictEqual(SystemError.toDisk("read", "a", "what?").reason, "Failed")
  })
})
