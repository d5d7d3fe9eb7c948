import { html } from "../html/html.ts";
import type { Pages } from "../html/page.ts";
import { defineRoute, type Route } from "../http/route.ts";

interface Identity {
  readonly stack: string;
  readonly release: string;
  readonly production: boolean;
}

const links = [
  ["/admin", "Admin", "Look at the data and change it"],
  ["/api", "API", "What programs can do here"],
  ["/account", "Account", "Register, sign in, second factor"],
  ["/health/ready", "Health", "Database, migrations, release"],
] as const;

/** The page a newcomer sees first. Replace it with your product's own. */
export function welcomeRoutes(identity: Identity, pages: Pages): Route[] {
  const { stack, release, production } = identity;
  const body = html`<p class="lead">An Express application on Postgres, deployed by berth.</p>
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
      handle: ({ context }) => ({ status: 200, html: pages.render(context, { title: "It runs.", body }) }),
    }),
  ];
}
