import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { addUser, type Client, tokenIn } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let folder: string;
let staff: Client;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-form-"));
  app = await startTestApp({ environment: { MEDIA_DIR: folder } });
  staff = await addUser(app, "staff", { customers: "edit" });
});

after(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

type Part = readonly [name: string, value: string | Buffer];

/** The parts of a form, as sent; a Buffer is a file. */
function bodyOf(parts: readonly Part[], end = "--b--\r\n"): Buffer {
  const pieces = parts.flatMap(([name, value]) => {
    const file = typeof value === "string" ? "" : '; filename="plans.pdf"\r\nContent-Type: application/pdf';
    return [
      Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`),
      Buffer.from(value),
      Buffer.from("\r\n"),
    ];
  });
  return Buffer.concat([...pieces, Buffer.from(end)]);
}

const send = (body: Buffer, path = "/api/v1/media", type = "multipart/form-data; boundary=b") =>
  staff.call("POST", path, {
    raw: new Uint8Array(body),
    headers: { "Content-Type": type },
    withoutToken: path.startsWith("/admin"),
  });

/** Sizes on both sides of what comes in one piece. */
const sizes = [600, 300_000, 3_000_000];
const pdf = (size: number) => Buffer.concat([Buffer.from("%PDF-1.7 "), Buffer.alloc(size, 120)]);
const stored = async () => ({
  files: (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    .length,
  rows: Number((await app.database("media").count<{ count: string }[]>("*"))[0]?.count),
});

test("a file is private unless the form says no, at any size", async () => {
  for (const size of sizes) {
    for (const [fields, expected] of [
      [[], true],
      [[["private", "yes"]], true],
      [[["private", "no"]], false],
    ] as const) {
      const answer = await send(bodyOf([...fields, ["file", pdf(size)]]));
      assert.equal(answer.status, 201, answer.text);
      assert.equal(
        answer.json<{ private: boolean }>().private,
        expected,
        `${JSON.stringify(fields)}, ${size} bytes`,
      );
    }
  }
});

test("unknown fields and values, and fields after the file, are refused with 400, and nothing is stored", async () => {
  const before = await stored();
  const wrong = (file: Buffer): readonly (readonly [string, Buffer, string?])[] => [
    ...["true", "on", "1", "YES", "", "no "].map(
      (value) =>
        [
          `private=${value}`,
          bodyOf([
            ["private", value],
            ["file", file],
          ]),
          "private",
        ] as const,
    ),
    [
      "Private=yes",
      bodyOf([
        ["Private", "yes"],
        ["file", file],
      ]),
      "Private",
    ],
    [
      "a field of another name",
      bodyOf([
        ["public", "no"],
        ["file", file],
      ]),
      "public",
    ],
    [
      "__proto__",
      bodyOf([
        ["__proto__", "no"],
        ["file", file],
      ]),
      "__proto__",
    ],
    [
      "a late field",
      bodyOf([
        ["file", file],
        ["private", "yes"],
      ]),
      "private",
    ],
    [
      "a late field that repeats",
      bodyOf([
        ["private", "no"],
        ["file", file],
        ["private", "no"],
      ]),
      "private",
    ],
    [
      "a field twice",
      bodyOf([
        ["private", "no"],
        ["private", "yes"],
        ["file", file],
      ]),
      "private",
    ],
    [
      "a second file",
      bodyOf([
        ["file", file],
        ["file", file],
      ]),
    ],
    ["a file of another name", bodyOf([["upload", file]]), "upload"],
    ["no file", bodyOf([["private", "yes"]]), "file"],
    ["a form without an end", bodyOf([["file", file]], "")],
  ];
  for (const size of sizes) {
    for (const [what, body, field] of wrong(pdf(size))) {
      const answer = await send(body);
      assert.equal(answer.status, 400, `${what}, ${size} bytes: ${answer.text}`);
      const { errors } = answer.json<{ errors?: { field: string }[] }>();
      if (field !== undefined)
        assert.deepEqual(
          errors?.map((error) => error.field),
          [field],
          what,
        );
    }
  }
  assert.deepEqual(await stored(), before);
});

test("a body without boundary is 400, and one of another type 415", async () => {
  assert.equal((await send(bodyOf([]), "/api/v1/media", "multipart/form-data")).status, 400);
  assert.equal((await send(bodyOf([]), "/api/v1/media", "text/plain")).status, 415);
});

test("the admin's forms for files and CSV use the same parser", async () => {
  for (const [page, path, file] of [
    ["/admin/media/new", "/admin/media/new", pdf(300_000)],
    [
      "/admin/customers/import",
      "/admin/customers/import",
      Buffer.from("name,email\nLate,late@example.test\n"),
    ],
  ] as const) {
    const token = tokenIn((await staff.call("GET", page)).text);
    const before = await stored();
    for (const parts of [
      [
        ["_token", token],
        ["surprise", "x"],
        ["file", file],
      ],
      [
        ["_token", token],
        ["file", file],
        ["private", "yes"],
      ],
    ] as const)
      assert.equal((await send(bodyOf(parts), path)).status, 400, path);
    assert.equal(
      (
        await send(
          bodyOf([
            ["file", file],
            ["_token", token],
          ]),
          path,
        )
      ).status,
      403,
      "the token came too late",
    );
    assert.deepEqual(await stored(), before);
  }
});
