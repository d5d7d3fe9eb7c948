import { html, type Markup } from "../html/html.ts";
import type { Pages } from "../html/page.ts";
import { table } from "../html/table.ts";
import { defineRoute, type Route } from "../http/route.ts";
import { z } from "zod";
import type { OpenApiDocument, OpenApiOperation } from "./openapi-document.ts";

const documentPath = "/api/v1/openapi.json";

function schemaBlock(schema: unknown): Markup {
  return html`<pre tabindex="0"><code>${JSON.stringify(schema, undefined, 2)}</code></pre>`;
}

function parameterTable(parameters: OpenApiOperation["parameters"]): Markup {
  return table(
    [
      {
        heading: "Name",
        cell: ({ name, required }) => html`<code>${name}</code>${required && " (required)"}`,
      },
      { heading: "In", cell: (parameter) => parameter.in },
      {
        heading: "Meaning",
        cell: ({ description, schema }) => html`${description} <code>${JSON.stringify(schema)}</code>`,
      },
    ],
    parameters,
  );
}

function operationBlock(method: string, path: string, operation: OpenApiOperation): Markup {
  const body = Object.entries(operation.requestBody?.content ?? {});
  return html`<details class="operation" id="${operation.operationId}">
    <summary>
      <span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code>
      <span class="quiet">${operation.summary}</span>
    </summary>
    <p>${operation.description}</p>
    ${
      operation.parameters.length > 0 &&
      html`<h4>Parameters</h4>
        ${parameterTable(operation.parameters)}`
    }
    ${body.map(
      ([type, { schema }]) =>
        html`<h4>Body, <code>${type}</code></h4>
          ${schemaBlock(schema)}`,
    )}
    <h4>Answers</h4>
    <dl class="answers">
      ${Object.entries(operation.responses).map(([status, answer]) => {
        const content = Object.entries((answer["content"] ?? {}) as Record<string, { schema?: unknown }>);
        return html`<dt><code>${status}</code> ${String(answer["description"])}</dt>
          <dd>
            ${content.map(([type, { schema }]) => type !== "application/problem+json" && html`<code>${type}</code>${schema !== undefined && schemaBlock(schema)}`)}
          </dd>`;
      })}
    </dl>
  </details>`;
}

/**
 * The OpenAPI document, and a page to read it with: no script, nothing from elsewhere.
 *
 * @param access who may read them
 */
export function openApiPages(
  pages: Pages,
  document: () => OpenApiDocument,
  access: "public" | "staff",
): Route[] {
  return [
    defineRoute({
      method: "get",
      path: documentPath,
      access,
      summary: "This description, as OpenAPI 3.1",
      answers: { 200: { description: "The document", schema: z.looseObject({ openapi: z.string() }) } },
      handle: () => ({ status: 200, headers: { "Cache-Control": "no-cache" }, json: document() }),
    }),
    defineRoute({
      method: "get",
      path: "/api",
      kind: "page",
      access,
      summary: "The API, to read",
      answers: { 200: { description: "A page", contentType: "text/html" } },
      handle: ({ context }) => {
        const { paths, tags } = document();
        const operations = Object.entries(paths).flatMap(([path, methods]) =>
          Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
        );
        const body = html`<p>
            JSON over HTTP. Sign in with <code>POST /api/v1/session</code>; changes carry the
            <code>csrfToken</code> of <code>GET /api/v1/session</code> as <code>X-CSRF-Token</code>. Refusals
            are <a href="https://www.rfc-editor.org/rfc/rfc9457">problem details</a> that name every invalid
            field. Machine-readable: <a href="${documentPath}">OpenAPI 3.1</a>.
          </p>
          ${tags.map(
            ({ name }) =>
              html`<section>
                <h2>${name}</h2>
                ${operations.filter(({ operation }) => operation.tags.includes(name)).map(({ method, path, operation }) => operationBlock(method, path, operation))}
              </section>`,
          )}`;
        return { status: 200, html: pages.render(context, { title: "API", body, wide: true }) };
      },
    }),
  ];
}
