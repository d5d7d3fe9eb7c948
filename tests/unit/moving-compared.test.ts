import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { certificatePaths } from "../../cli/moving/old-certificate.ts";
import { countRows, differing, withoutSequences } from "../../cli/moving/row-hashes.ts";
import { parseFiles } from "../../cli/moving/uploads-copy.ts";

await describe("what is compared when a stack is moved in", () => {
  const hashes = "public.carts 2 -77\npublic.carts_id_seq 2 true\npublic.items 40 9";

  test("rows are counted by table, without sequences", () => {
    assert.deepEqual(countRows(hashes), { tables: 2, rows: 42 });
    assert.deepEqual(countRows(""), { tables: 0, rows: 0 });
  });

  test("a row, a position and a table that differ are named once", () => {
    assert.deepEqual(differing(hashes, hashes), []);
    assert.deepEqual(differing(hashes, hashes.replace("-77", "78").replace("2 true", "3 true")), [
      "public.carts",
      "public.carts_id_seq",
    ]);
    assert.deepEqual(differing(hashes, 'public.carts 2 -77\npublic.carts_id_seq 2 true\n"odd name" 1 1'), [
      '"odd name"',
      "public.items",
    ]);
  });

  test("sequences are left out where somebody still draws from them", () => {
    assert.equal(withoutSequences(hashes), "public.carts 2 -77\npublic.items 40 9");
  });

  test("files are read with spaces in their names, and with names that sha256sum escapes", () => {
    const hash = "a".repeat(64);
    const listed = `${hash}  ./a b.txt\n\\${hash}  ./odd\\nname\n`;
    assert.deepEqual([...parseFiles(listed).keys()], ["./a b.txt", "./odd\\nname"]);
  });

  test("Nginx says where certificates are, each pair once", () => {
    const text = `
      ssl_certificate /etc/letsencrypt/live/shop.test/fullchain.pem;
      ssl_certificate_key "/etc/letsencrypt/live/shop.test/privkey.pem";
      # ssl_certificate /commented.pem;
      ssl_certificate /etc/letsencrypt/live/shop.test/fullchain.pem;
      ssl_certificate_key "/etc/letsencrypt/live/shop.test/privkey.pem";
      ssl_trusted_certificate /chain.pem;`;
    assert.deepEqual(certificatePaths(text), [
      {
        certificate: "/etc/letsencrypt/live/shop.test/fullchain.pem",
        key: "/etc/letsencrypt/live/shop.test/privkey.pem",
      },
    ]);
  });
});
