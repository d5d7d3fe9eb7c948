import assert from "node:assert/strict";
import { test } from "node:test";
import { presignAddress, signRequest } from "./s3-signature.ts";

// The published examples:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
const credentials = {
  accessKey: "AKIAIOSFODNN7EXAMPLE",
  secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
};
const then = new Date("2013-05-24T00:00:00Z");
const address = new URL("https://examplebucket.s3.amazonaws.com/test.txt");

test("a request is signed as AWS' example is", () => {
  const request = { method: "GET", url: address, headers: { range: "bytes=0-9" } };
  const { authorization } = signRequest(credentials, request, then);
  assert.equal(
    authorization,
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," +
      "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date," +
      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  );
});

test("an address is signed as AWS' example is", () => {
  assert.equal(
    presignAddress(credentials, address, 86_400, then).searchParams.get("X-Amz-Signature"),
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
});
