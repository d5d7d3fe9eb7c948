import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { after, before, describe, test, type TestContext } from "node:test";
import { browserProgram } from "../../app/tests/browser/browser-program.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { ask, type EdgeAnswer } from "./edge-client.ts";
import { eventually } from "./eventually.ts";
import { foreignApp, writePackage, type ForeignApp } from "./foreign-app.ts";
import { assertSecrecy } from "./secrecy.ts";
import { browse, type SiteBrowser } from "./site-browser.ts";
import { idleGap, visitors } from "./visitors.ts";

/** An application that is a package of npm's: how it is declared, and how people use it. */
export interface PackagedApp {
  readonly pack: Readonly<Record<string, unknown>>;
  /** What a person writes into the berth.json that `adopt` has begun, a line each. */
  readonly written: string;
  /** Settings of the stack, beside the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Secrets of the stack, by name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Signs in, and makes what {@link make} needs. @returns headers of who is signed in */
  signIn(edge: EdgeConfig): Promise<Record<string, string>>;
  /** Makes one thing of a name. */
  make(request: MakeRequest): Promise<EdgeAnswer>;
  /** Status of its answer. */
  readonly made: number;
  /** Names of all things. */
  things(edge: EdgeConfig, headers: Record<string, string>): Promise<string[]>;
  /** What `rotate` is told. Whoever asks Redis cannot do without it while its password changes. */
  readonly rotated: "all" | "database";
  readonly health: string;
  /** Path that answers 200 to who is signed in, and to nobody else. */
  readonly me: string;
  /** Signs in with a browser, and looks for a thing of the name. */
  look(browser: SiteBrowser, name: string): Promise<void>;
}

export interface MakeRequest {
  readonly edge: EdgeConfig;
  readonly headers: Record<string, string>;
  readonly name: string;
  readonly agent?: Agent;
}

const skip = browserProgram() === undefined && "there is no Chromium on this machine";

/** Adopts it, deploys it, and has people use it through a release, a rotation and a roll-back. */
export async function drillPackagedApp(title: string, packaged: PackagedApp): Promise<void> {
  await describe(title, { timeout: 2_400_000 }, () => {
    let app: ForeignApp;
    let headers: Record<string, string>;
    const seen = "seen-in-the-browser";

    before(async () => {
      app = await foreignApp((folder) => writePackage(folder, packaged.pack), packaged.settings);
      for (const [name, value] of Object.entries(packaged.secrets ?? {})) {
        const set = ["config", "set", "--secret", "--path", `berth:secrets.${name}`, value];
        const { status, stderr } = await app.deployment.pulumi(...set);
        assert.equal(status, 0, stderr);
      }
    });
    after(async () => {
      await app.deployment.remove();
    });

    /** Does something under load: no request fails, nothing is lost, nobody is logged out. */
    const unnoticed = async (t: TestContext, work: () => Promise<unknown>) => {
      const { edge } = app;
      const agent = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });
      const names: string[] = [];
      const make = async () => {
        const name = `t${crypto.randomUUID()}`;
        const answer = await packaged.make({ edge, headers, name, agent });
        if (answer.status === packaged.made) names.push(name);
        return answer;
      };
      const who = () => ask(edge, packaged.me, { headers });
      const load = visitors([
        { kind: "a thing after a gap", count: 4, pause: idleGap, status: packaged.made, once: make },
        { kind: "health", pause: () => 500, status: 200, once: () => ask(edge, packaged.health) },
        { kind: "who am I", pause: () => 1500, status: 200, once: who },
      ]);
      let report;
      try {
        await work();
      } finally {
        report = await load.stop();
        agent.destroy();
      }
      t.diagnostic(JSON.stringify(report.answers));
      assert.deepEqual(report.failures, []);
      const things = await packaged.things(edge, headers);
      assert.equal(new Set(things).size, things.length);
      assert.deepEqual(
        names.filter((name) => !things.includes(name)),
        [],
      );
      assert.ok(names.length >= 4);
    };

    /**
     * Signs in with Chromium; its scripts do not fail, and it is refused nothing of the site. It
     * cuts its requests whenever a network of the machine comes or goes, so it may have to try
     * again.
     */
    const look = () =>
      eventually(async () => {
        const browser = await browse(app.edge);
        try {
          await packaged.look(browser, seen);
          assert.deepEqual(browser.complaints, []);
        } finally {
          await browser.close();
        }
      }, 180_000);

    test("is adopted and deployed with fifteen lines at most, none of them code", async () => {
      await app.adopt(packaged.written);
      await app.deployment.up();
      headers = await packaged.signIn(app.edge);
      const made = await packaged.make({ edge: app.edge, headers, name: seen });
      assert.equal(made.status, packaged.made, made.body);
    });

    test("is used in a browser", { skip }, look);

    test("is released: no request fails", async (t) => {
      await unnoticed(t, async () => {
        writeFileSync(app.path("release"), "2");
        await app.deployment.up();
      });
    });

    test("has its secrets rotated: no request fails, and nobody is logged out", async (t) => {
      await unnoticed(t, () => app.deployment.mustRun("rotate", packaged.rotated, "--yes"));
    });

    test("is rolled back: no request fails", async (t) => {
      await unnoticed(t, () => app.deployment.mustRun("rollback", "--yes"));
    });

    test("is used in a browser after all that", { skip }, look);

    test("shows none of its secrets anywhere", async () => {
      await assertSecrecy(app.deployment);
    });
  });
}
