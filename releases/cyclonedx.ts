import { createHash } from "node:crypto";
import { z } from "zod";

/** Files of an image that say what is in it; undefined for what the image lacks. */
export interface ImageContents {
  /** npm's own record of what it installed (`node_modules/.package-lock.json`). */
  readonly npm: string | undefined;
  /** dpkg's (`/var/lib/dpkg/status`). */
  readonly dpkg: string | undefined;
  /** `/etc/os-release`. */
  readonly system: string | undefined;
}

/** What a bill of materials is about. */
export interface BomSubject {
  readonly name: string;
  readonly version: string;
  /** `sha256:…` of the image. */
  readonly imageId: string;
  /** When it was deployed, ISO 8601. */
  readonly at: string;
}

/** One package of an image. */
export interface Component {
  readonly type: "library";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly { readonly expression: string }[];
}

const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      license: z.string().optional(),
    }),
  ),
});

const algorithms: Readonly<Record<string, string>> = {
  sha512: "SHA-512",
  sha384: "SHA-384",
  sha256: "SHA-256",
};

/**
 * The bill of materials of an image, as CycloneDX 1.6. The same image gives the same text.
 * https://cyclonedx.org/docs/1.6/json/
 */
export function cycloneDx(subject: BomSubject, contents: ImageContents): object {
  const uuid = createHash("sha256").update(subject.imageId).digest("hex");
  const serial = [
    uuid.slice(0, 8),
    uuid.slice(8, 12),
    `5${uuid.slice(13, 16)}`,
    `8${uuid.slice(17, 20)}`,
    uuid.slice(20, 32),
  ];
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${serial.join("-")}`,
    version: 1,
    metadata: {
      timestamp: subject.at,
      component: {
        type: "container",
        "bom-ref": subject.imageId,
        name: subject.name,
        version: subject.version,
        hashes: [{ alg: "SHA-256", content: subject.imageId.replace("sha256:", "") }],
      },
    },
    components: componentsOf(contents),
  };
}

/** The packages of an image, by their names for other tools (purl). */
export function componentsOf(contents: ImageContents): Component[] {
  const components = new Map<string, Component>();
  const found = [...npmComponents(contents.npm ?? '{"packages":{}}'), ...debianComponents(contents)];
  for (const component of found) components.set(component.purl, component);
  return [...components.values()].sort((one, other) => (one.purl < other.purl ? -1 : 1));
}

function npmComponents(text: string): Component[] {
  return Object.entries(lock.parse(JSON.parse(text)).packages).flatMap(
    ([path, { integrity, license, version }]) => {
      const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
      if (!path.includes("node_modules/") || version === undefined) return [];
      const purl = `pkg:npm/${name.replace("@", "%40")}@${encodeURIComponent(version)}`;
      return [{ ...component(name, version, purl), ...hashesOf(integrity), ...licensesOf(license) }];
    },
  );
}

const component = (name: string, version: string, purl: string) =>
  ({ type: "library", "bom-ref": purl, name, version, purl }) as const;

function hashesOf(integrity: string | undefined) {
  const [, name = "", content = ""] = /^(sha\d+)-([\w+/=]+)/.exec(integrity ?? "") ?? [];
  const alg = algorithms[name];
  return alg === undefined
    ? {}
    : { hashes: [{ alg, content: Buffer.from(content, "base64").toString("hex") }] };
}

const licensesOf = (license: string | undefined) =>
  license === undefined || /see license/i.test(license) ? {} : { licenses: [{ expression: license }] };

function debianComponents({ dpkg = "", system = "" }: ImageContents): Component[] {
  const distribution = /^ID=(\w+)/m.exec(system)?.[1] ?? "debian";
  const version = /^VERSION_ID="?([\w.]+)/m.exec(system)?.[1];
  return dpkg.split("\n\n").flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(stanza)?.[1];
    const [name, installed, architecture] = [field("Package"), field("Version"), field("Architecture")];
    if (name === undefined || installed === undefined || field("Status") !== "install ok installed")
      return [];
    const release = version === undefined ? "" : `&distro=${distribution}-${version}`;
    const purl = `pkg:deb/${distribution}/${name.replaceAll("+", "%2B")}@${encodeURIComponent(installed)}?arch=${architecture ?? "all"}${release}`;
    return [component(name, installed, purl)];
  });
}
