import { html } from "../html/html.ts";
import type { Pages } from "../html/page.ts";
import { defineRoute, type Route } from "../http/route.ts";
import type { Person } from "../sessions/session.ts";

interface Identity {
  readonly stack: string;
  readonly release: string;
  readonly production: boolean;
  /** Whether everybody may read the API's description. */
  readonly openApiDocs: boolean;
}

type Card = readonly [address: string, name: string, text: string];

/** What the caller can use; the rest would only lead to a refusal. */
function cardsFor(person: Person | undefined, { production, openApiDocs }: Identity): readonly Card[] {
  const staff = person !== undefined && person.role !== "user";
  return [
    ...(staff || !production ? [["/admin", "Admin", "Look at the data and change it"] as const] : []),
    ...(staff || openApiDocs ? [["/api", "API", "What programs can do here"] as const] : []),
    person === undefined
      ? (["/login", "Account", "Sign in"] as const)
      : (["/account", "Account", "Password, second factor, sessions"] as const),
    // In production it is for who runs the stack; the proxy answers strangers 404.
    ...(production ? [] : [["/health/ready", "Health", "Database, migrations, release"] as const]),
  ];
}

/** The page a newcomer sees first. Replace it with your product's own. */
export function welcomeRoutes(identity: Identity, pages: Pages): Route[] {
  const { stack, release, production } = identity;
  const facts = html`<dl class="facts">
    <dt>Stack</dt>
    <dd>${stack}</dd>
    <dt>Release</dt>
    <dd><code>${release}</code></dd>
    <dt>Mode</dt>
    <dd>${production ? "production" : "development"}</dd>
  </dl>`;
  const body = (person: Person | undefined) =>
    html`<p class="lead">An Express application on Postgres, deployed by berth.</p>
      ${(!production || (person !== undefined && person.role !== "user")) && facts}
      <ul class="cards">
        ${cardsFor(person, identity).map(
          ([address, name, text]) =>
            html`<li>
              <a href="${address}"><strong>${name}</strong>${text}</a>
            </li>`,
        )}
      </ul>
      ${
        !production &&
        html`<h2>Next</h2>
          <ul>
            <li>
              Make an administrator: <code>npx berth create-admin ADDRESS</code>, then open
              <a href="/admin">the admin interface</a>. Sample data: <code>npx berth seed</code>.
            </li>
            <li>Change a line in <code>app/src</code> and reload: the app restarts by itself.</li>
            <li>Make a module of your own: <code>npx berth new module orders</code>.</li>
            <li>Look into the database with Adminer; <code>npx berth status</code> has its address.</li>
            <li>
              <code>npx berth logs app -f</code> follows the log, <code>npx berth shell</code> opens a prompt
              with the app's services, <code>npx berth --help</code> lists the rest.
            </li>
          </ul>`
      }`;
  return [
    defineRoute({
      method: "get",
      path: "/",
      kind: "page",
      access: "public",
      summary: "What runs here",
      answers: { 200: { description: "The welcome page", contentType: "text/html" } },
      handle: ({ context }) => ({
        status: 200,
        html: pages.render(context, { title: "It runs.", body: body(context.visitor.session?.person) }),
      }),
    }),
  ];
}
