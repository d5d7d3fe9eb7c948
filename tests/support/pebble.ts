import { baseImage } from "./base-image.ts";
import { docker, finish } from "./docker.ts";
import type { EdgeStand } from "./edge-stand.ts";
import { goPrograms } from "./go-programs.ts";

const programs = {
  name: "pebble",
  version: "v2.10.1",
  packages: ["pebble", "pebble-challtestsrv"].map((name) => `github.com/letsencrypt/pebble/v2/cmd/${name}`),
};

const certificateScript = [
  "cd /tls",
  "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test-ca -addext keyUsage=critical,keyCertSign,cRLSign -keyout ca.key -out ca.pem",
  "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=acme.test -keyout key.pem -out key.csr",
  // Python's TLS checks every extension that RFC 5280 asks for.
  "printf 'subjectAltName=DNS:acme.test,DNS:staging.test,DNS:profiles.test\\nauthorityKeyIdentifier=keyid\\nsubjectKeyIdentifier=hash\\nbasicConstraints=CA:FALSE\\nkeyUsage=digitalSignature\\n' >san",
  "openssl x509 -req -in key.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out cert.pem",
  "chmod 0644 *",
].join(" && ");

const ninetyDays = { description: "90 days", validityPeriod: 7_776_000 };

/**
 * Each authority with the kinds of certificate that it offers. Only one offers two: for an order
 * without a profile, Pebble 2.10.1 picks one at random (findings/pebble-random-profile.sh).
 */
const authorities = {
  acme: { classic: ninetyDays },
  staging: { classic: ninetyDays },
  profiles: {
    classic: ninetyDays,
    tlsserver: { description: "45 days", validityPeriod: 3_888_000 },
    shortlived: { description: "six days", validityPeriod: 518_400 },
  },
} as const;
type AuthorityName = keyof typeof authorities;

/** A real ACME server, its challenge servers and its DNS, on a stand's network. */
export interface Pebble {
  /** PEM of the authority behind the ACME server's own certificate. */
  readonly directoryCa: string;
  readonly directory: string;
  /** A second authority, with an account database and issuers of its own. */
  readonly stagingDirectory: string;
  /** A third one: profiles `classic` (90 days), `tlsserver` (45) and `shortlived` (six). */
  readonly profilesDirectory: string;
  /** Arguments that make a container use this DNS. */
  readonly dns: readonly string[];
  /** Makes a name resolve to an address; an empty one takes it away. */
  address(name: string, address: string): Promise<void>;
  /** What the authority answers when asked when to renew a certificate (RFC 9773). */
  renewalWindow(certificate: string, start: Date, end: Date, authority?: AuthorityName): Promise<void>;
  /** How many proofs of a name the third authority has asked for. */
  proofs(): Promise<number>;
  /** Takes the first authority off the network, and puts it back. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Address of a container on the stand's network. */
export function addressOn(stand: EdgeStand, container: string): Promise<string> {
  return docker([
    "inspect",
    "--format",
    `{{(index .NetworkSettings.Networks "${stand.name}").IPAddress}}`,
    container,
  ]);
}

/** Starts Pebble beside a stand. Everything is removed with the stand. */
export async function pebble(stand: EdgeStand): Promise<Pebble> {
  const [binaries, node, nginx] = await Promise.all([
    goPrograms(programs),
    baseImage("node"),
    baseImage("nginx"),
  ]);
  const config = (name: AuthorityName) =>
    JSON.stringify({
      pebble: {
        listenAddress: "0.0.0.0:14000",
        managementListenAddress: "0.0.0.0:15000",
        certificate: "/tls/cert.pem",
        privateKey: "/tls/key.pem",
        httpPort: 8080,
        tlsPort: 8443,
        ocspResponderURL: "",
        externalAccountBindingRequired: false,
        domainBlocklist: ["blocked.org"],
        retryAfter: { authz: 1, order: 1 },
        profiles: authorities[name],
      },
    });

  // A container that holds the files: binaries, keys and settings reach the engine as an archive,
  // wherever it runs.
  const files = await stand.run("acme-files", [
    ...["--volume=/tls", "--volume=/pebble", "--user=0:0", "--entrypoint=sh", nginx],
    ...["-c", `${certificateScript} && touch /tls/done && exec sleep 100000`],
  ]);
  for (
    let tries = 0;
    (await finish("docker", ["exec", files, "test", "-e", "/tls/done"])).status !== 0;
    tries += 1
  ) {
    if (tries > 100) throw new Error(await docker(["logs", files]));
  }
  await docker(["cp", `${binaries}/.`, `${files}:/pebble`]);
  const names = Object.keys(authorities) as AuthorityName[];
  for (const name of names) {
    await docker(["exec", "--interactive", files, "sh", "-c", `cat >/pebble/${name}.json`], config(name));
  }
  const directoryCa = await docker(["exec", files, "cat", "/tls/ca.pem"]);

  const challenges = await stand.run("challtestsrv", [
    ...[`--volumes-from=${files}:ro`, "--entrypoint=/pebble/pebble-challtestsrv", node],
    ...["-defaultIPv6=", "-defaultIPv4=", "-http01=", "-https01=", "-tlsalpn01=", "-doh=", "-dnsserver=:53"],
  ]);
  const dnsAddress = await addressOn(stand, challenges);
  const start = (name: AuthorityName) =>
    stand.run(name, [
      ...[`--volumes-from=${files}:ro`, `--network-alias=${name}.test`, "--env=PEBBLE_VA_NOSLEEP=1"],
      ...["--env=PEBBLE_WFE_NONCEREJECT=5", "--env=PEBBLE_AUTHZREUSE=0", "--entrypoint=/pebble/pebble", node],
      ...["-config", `/pebble/${name}.json`, "-dnsserver", `${dnsAddress}:53`, "-strict"],
    ]);
  const running = {
    acme: await start("acme"),
    staging: await start("staging"),
    profiles: await start("profiles"),
  };

  const manage = async (path: string, body: unknown): Promise<void> => {
    await docker(
      ["exec", "--interactive", files, "curl", "-fsS", "--data", "@-", `http://${dnsAddress}:8055/${path}`],
      JSON.stringify(body),
    );
  };
  const address = async (name: string, to: string): Promise<void> => {
    await manage("clear-a", { host: `${name}.` });
    if (to !== "") await manage("add-a", { host: `${name}.`, addresses: [to] });
  };
  return {
    directoryCa: `${directoryCa}\n`,
    directory: "https://acme.test:14000/dir",
    stagingDirectory: "https://staging.test:14000/dir",
    profilesDirectory: "https://profiles.test:14000/dir",
    dns: [`--dns=${dnsAddress}`],
    address,
    async renewalWindow(certificate, start, end, authority = "acme") {
      const window = { suggestedWindow: { start: start.toISOString(), end: end.toISOString() } };
      await docker(
        [
          "exec",
          "--interactive",
          files,
          "curl",
          "-fsSk",
          "--data",
          "@-",
          `https://${await addressOn(stand, running[authority])}:15000/set-renewal-info/`,
        ],
        JSON.stringify({ Certificate: certificate, ARIResponse: JSON.stringify(window) }),
      );
    },
    async proofs() {
      return (await docker(["logs", running.profiles])).split(/set VALID by completed challenge/).length - 1;
    },
    async stop() {
      await docker(["network", "disconnect", stand.name, running.acme]);
    },
    async start() {
      await docker(["network", "connect", "--alias=acme.test", stand.name, running.acme]);
    },
  };
}
