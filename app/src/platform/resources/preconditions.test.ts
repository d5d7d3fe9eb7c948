import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client } from "../../../tests/support/client.ts";
import { createSamples, sampleModule } from "../../../tests/support/samples.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let staff: Client;

before(async () => {
  app = await startTestApp({ modules: [sampleModule] });
  await createSamples(app.database);
  staff = await addUser(app, "staff", { samples: "delete" });
});

after(async () => {
  await app.close();
});

const make = async (code: string) => {
  const created = await staff.call("POST", "/api/v1/samples", { body: { code } });
  assert.equal(created.status, 201, created.text);
  return created.headers.get("location") ?? "";
};

test("a change is made only under a precondition that the stored version meets", async () => {
  const unmet = ['"garbage"', "garbage", '"2"', '"0"', '"5", "6"', 'W/"qFufFJ"', "", '"1', '"1e0"'];
  const met = ['"1"', 'W/"1"', '"5", "1"', '"x",W/"1"', "*"];
  for (const [index, tag] of unmet.entries()) {
    const place = await make(`unmet-${index}`);
    const headers = { "If-Match": tag };
    const changed = await staff.call("PUT", place, { body: { code: `gone-${index}` }, headers });
    assert.equal(changed.status, 412, `PUT ${tag}`);
    assert.equal((await staff.call("DELETE", place, { headers })).status, 412, `DELETE ${tag}`);
    assert.equal((await staff.call("GET", place)).json()["code"], `unmet-${index}`, tag);
  }
  for (const [index, tag] of met.entries()) {
    const headers = { "If-Match": tag };
    const place = await make(`met-${index}`);
    const changed = await staff.call("PUT", place, { body: { code: `changed-${index}` }, headers });
    assert.equal(changed.status, 200, `PUT ${tag}`);
    const other = await make(`other-${index}`);
    assert.equal((await staff.call("DELETE", other, { headers })).status, 204, `DELETE ${tag}`);
  }
  const place = await make("none");
  assert.equal((await staff.call("PUT", place, { body: { code: "none" } })).status, 428);
});
