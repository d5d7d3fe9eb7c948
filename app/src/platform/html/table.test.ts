import assert from "node:assert/strict";
import { test } from "node:test";
import { createTranslators } from "../i18n/translator.ts";
import { searchForm } from "./search-form.ts";
import { type Column, pager, table, tableOrNone } from "./table.ts";

interface Fruit {
  readonly name: string;
  readonly stock: number;
}

const words = createTranslators("en", "UTC")([]);
const fruits: readonly Fruit[] = [{ name: "<b>Quince</b>", stock: 0 }];
const columns: readonly Column<Fruit>[] = [
  { heading: "Name", names: true, sorted: "ascending", cell: ({ name }) => name },
  { heading: "Stock", className: "quiet", cell: ({ stock }) => stock },
];
const flat = (markup: { readonly text: string }) => markup.text.replaceAll(/\s+/g, " ").replaceAll(" >", ">");

test("a table shows a zero, escapes what its cells hold, and says how it is sorted", () => {
  const text = flat(table(columns, fruits, { label: "Fruit", className: "list" }));
  assert.match(text, /<div class="scroll" tabindex="0" role="region" aria-label="Fruit">/);
  assert.match(text, /<th scope="col" aria-sort="ascending"> Name <\/th>/);
  assert.match(text, /<th scope="row">&lt;b&gt;Quince&lt;\/b&gt;<\/th>/);
  assert.match(text, /<td class="quiet">0<\/td>/);
});

test("a table without a name is no region", () => {
  assert.doesNotMatch(table(columns, fruits).text, /role="region"|tabindex/);
});

test("a list without rows says so in place of a table", () => {
  assert.equal(tableOrNone(words, columns, []).text, `<p class="empty">${words.t("none")}</p>`);
});

test("pages are linked as far as there are any", () => {
  const address = (after: string | undefined) =>
    after === undefined ? "/fruit" : `/fruit?after=${after}&x=1`;
  const links = (pages: Parameters<typeof pager>[2]) =>
    [...pager(words, address, pages).text.matchAll(/href="([^"]*)"/g)].map(([, link]) => link);
  assert.deepEqual(links({ next: undefined }), []);
  assert.deepEqual(links({ next: 7, first: true }), ["/fruit", "/fruit?after=7&amp;x=1"]);
});

test("a search form keeps what was asked for, and leads back only from a narrowed list", () => {
  const fields = [
    { name: "search", label: "Search", value: '"x"' },
    { name: "kind", label: "Kind", value: "b", options: [["a", "A"] as const, ["b", "B"] as const] },
  ];
  const text = flat(searchForm(words, { action: "/fruit", fields, narrowed: true }));
  assert.match(text, /name="search" value="&quot;x&quot;"/);
  assert.match(text, /<option value="b" selected>B<\/option>/);
  assert.match(text, /<a href="\/fruit">/);
  assert.doesNotMatch(searchForm(words, { action: "/fruit", fields }).text, /<a /);
});
