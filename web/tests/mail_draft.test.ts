// Does a draft come back as it was typed, and is nothing sent that the server would refuse for its size?
import { expect, test } from "vitest"
import { addFile, bodyOf, draftOf, emptyDraft, FILES_BYTES_MAX } from "../src/desk/mail_draft"

const FILE = { n: 1, filename: "a", size_bytes: 1, state: "stored" }

test("what was kept comes back, and where nothing was it goes to whoever wrote", () => {
  const draft = { text: "Hi", to: "a@b.example, c@d.example", cc: "", bcc: "e@f.example", subject: "S", quotes: false, forwards: null }
  expect(draftOf({ ...bodyOf(draft), is_kept: true, files: [] }, "x@y.example")).toEqual(draft)
  expect(draftOf({ ...bodyOf(draft), is_kept: false, files: [] }, "x@y.example")).toEqual(emptyDraft("x@y.example"))
})

test("half an address is no reason to lose the text", () => {
  expect(bodyOf({ ...emptyDraft("a"), cc: "ab; abc" })).toMatchObject({ to: [], cc: ["abc"] })
})

test("files beyond the bounds are refused before they are read", async () => {
  const small = new File(["x"], "a")
  expect((await addFile("c", small, Array(10).fill(FILE))).problem?.text_key).toBe("mail.too_many_files")
  expect((await addFile("c", small, [{ ...FILE, size_bytes: FILES_BYTES_MAX }])).problem?.text_key).toBe("mail.files_too_large")
})
