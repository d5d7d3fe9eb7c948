import { html } from "../html/html.ts";
import { page } from "../html/page.ts";
import { defineRoute, type Route } from "../http/route.ts";

interface Identity {
  readonly stack: string;
  readonly release: string;
  readonly production: boolean;
}

const links = [
  ["/api/v1/customers", "Customers", "The example resource, as JSON from Postgres"],
  ["/health/ready", "Health", "Database, migrations, release"],
] as const;

function welcome({ stack, release, production }: Identity): string {
  return page({
    title: `${stack} is up`,
    body: html`<main>
      <h1>It runs.</h1>
      <p class="quiet">An Express application on Postgres, deployed by berth.</p>
      <dl class="facts">
        <dt>Stack</dt>
        <dd>${stack}</dd>
        <dt>Release</dt>
        <dd><code>${release}</code></dd>
        <dt>Mode</dt>
        <dd>${production ? "production" : "development"}</dd>
      </dl>
      <ul class="cards">
        ${links.map(
          ([address, name, text]) =>
            html`<li>
              <a href="${address}"><strong>${name}</strong>${text}</a>
            </li>`,
        )}
      </ul>
      ${
        production
          ? undefined
          : html`<h2>Next</h2>
              <ul>
                <li>Change a line in <code>app/src</code> and reload: the app restarts by itself.</li>
                <li>Look into the database with Adminer; <code>npx berth status</code> has its address.</li>
                <li>
                  <code>npx berth logs app -f</code> follows the log, <code>npx berth --help</code> lists the
                  rest.
                </li>
              </ul>`
      }
    </main>`,
  });
}

/** The page a newcomer sees first. */
export function welcomeRoutes(identity: Identity): Route[] {
  return [
    defineRoute({
      method: "get",
      path: "/",
      access: "public",
      summary: "What runs here",
      answers: { 200: { description: "The welcome page", contentType: "text/html" } },
      handle: () => ({ status: 200, headers: { "Cache-Control": "no-cache" }, html: welcome(identity) }),
    }),
  ];
}
