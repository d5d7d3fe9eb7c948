#!/usr/bin/env bash
# @opentelemetry/sdk-trace 3.1.0 beside its forerunner @opentelemetry/sdk-trace-base 2.12.1.
#
# Behaviour: the TracerProvider of 3.x does not read the specification's OTEL_* variables. Sampler,
# attribute limits and service name stay at their defaults, and nothing says so.
# An expert expects: the SDK obeys OTEL_TRACES_SAMPLER, OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT and
# OTEL_SERVICE_NAME, as 1.x and 2.x do for the first two, and as the specification has it.
# Seen: with always_off, 3.x records and exports every span, all attributes included; 2.x none.
# Why it matters: the variables are how operators turn tracing down on a host under load. After the
# update they turn nothing.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# In folders of their own: the two do not accept the same @opentelemetry/api.
mkdir older
(cd older && npm_packages @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/api@1.9.0)
npm_packages @opentelemetry/sdk-trace@3.1.0 @opentelemetry/api@1.10.0

cat >try.mjs <<'EOF'
import { createRequire } from "node:module";
import * as newer from "@opentelemetry/sdk-trace";

const older = createRequire(`${process.cwd()}/older/`)("@opentelemetry/sdk-trace-base");

function trace(version, Provider, sdk) {
  const exporter = new sdk.InMemorySpanExporter();
  const processor =
    version === 3 ? new sdk.SimpleSpanProcessor({ exporter }) : new sdk.SimpleSpanProcessor(exporter);
  const span = new Provider({ spanProcessors: [processor] })
    .getTracer("try")
    .startSpan("job", { attributes: { a: 1, b: 2, c: 3 } });
  const recording = span.isRecording();
  span.end();
  const attributes = Object.keys(span.attributes ?? {}).length;
  return `recording ${recording}, attributes ${attributes}`;
}
console.log(`2.x: ${trace(2, older.BasicTracerProvider, older)}`);
console.log(`3.x: ${trace(3, newer.TracerProvider, newer)}`);
EOF

as_described "$(
  OTEL_TRACES_SAMPLER=always_off node try.mjs | sed 's/^/always_off, /'
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=1 node try.mjs | sed 's/^/limit 1, /'
)" <<'EOF'
always_off, 2.x: recording false, attributes 0
always_off, 3.x: recording true, attributes 3
limit 1, 2.x: recording true, attributes 1
limit 1, 3.x: recording true, attributes 3
EOF
