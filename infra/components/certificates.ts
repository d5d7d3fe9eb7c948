import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { containerDefaults, containerOptions, healthcheck } from "../policy/container-defaults.ts";
import type { Host, Identity } from "../policy/host.ts";
import { certbotLimits as limits } from "../policy/limits.ts";
import { renewerCheck, originCertificateScript, selfSignedScript } from "../rendering/certificate-scripts.ts";
import { dockerRun } from "../rendering/docker-run.ts";
import { edgePaths, edgeUser } from "../rendering/edge-paths.ts";
import { renewerProgram } from "../rendering/renewer-program.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { admission } from "../resources/admission.ts";
import { SecretFiles } from "./secret-files.ts";

export interface CertificatesArgs {
  host: Host;
  identity: Identity;
  images: {
    /** Image with Certbot and its Cloudflare plugin, and Python on the path. */
    certbot: pulumi.Input<string>;
    /** Image with a shell and openssl, for certificates of our own making. */
    nginx: pulumi.Input<string>;
  };
  edge: EdgeConfig;
  /** Network with a way out, to the authority. */
  network: pulumi.Input<string>;
  /** Volume that Nginx reads certificates from, owned by the edge's user. */
  certificates: pulumi.Input<string>;
  /** Volume that Nginx answers challenges from, owned by the edge's user. */
  webroot: pulumi.Input<string>;
  /** PEM of authorities that Certbot trusts besides the public ones. */
  trustedCa: string | undefined;
  /** Token of Cloudflare's API; for DNS-01. */
  cloudflareToken: pulumi.Input<string> | undefined;
  /** Origin certificate and its key in PEM form; for mode `cloudflare`. */
  origin: { certificate: pulumi.Input<string>; key: pulumi.Input<string> } | undefined;
}

/**
 * The certificate that Nginx serves, by the stack's TLS mode: Certbot in a container of its own
 * that renews for as long as it runs, Cloudflare's origin certificate, or one of our own making. An
 * authority that does not answer never fails a deploy: until there is a certificate, Nginx serves a
 * placeholder.
 */
export class Certificates extends pulumi.ComponentResource {
  /** Certbot's container; none in the other modes. */
  readonly container?: docker.Container;
  /** What has to be there first; a component does not hand it to its children by itself. */
  readonly #after: NonNullable<pulumi.ResourceOptions["dependsOn"]>;

  constructor(name: string, args: CertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Certificates", name, {}, opts);
    this.#after = opts?.dependsOn ?? [];
    switch (args.edge.tls) {
      case "certbot":
        this.container = this.#certbot(name, args);
        break;
      case "selfsigned":
        this.#write(name, args, selfSignedScript([...args.edge.domain, ...args.edge.redirectDomains]));
        break;
      case "cloudflare":
        if (args.origin === undefined)
          throw new pulumi.RunError("tls cloudflare needs originCertificate and originKey");
        this.#write(
          name,
          args,
          originCertificateScript,
          pulumi.interpolate`${args.origin.certificate}\n${args.origin.key}\n`,
        );
        break;
      case "off":
        break;
    }
    this.registerOutputs({ container: this.container?.id });
  }

  #certbot(name: string, args: CertificatesArgs): docker.Container {
    const { acmeChallenge, acmeDirectory, acmeDirectoryCa, acmeEmail, acmeProfile } = args.edge;
    const authorities = `${acmeDirectoryCa ?? ""}${args.trustedCa ?? ""}`;
    const token =
      args.cloudflareToken === undefined || acmeChallenge !== "dns"
        ? undefined
        : new SecretFiles(
            `${name}-cloudflare`,
            {
              host: args.host,
              identity: args.identity,
              files: {
                "token.ini": pulumi.interpolate`dns_cloudflare_api_token = ${args.cloudflareToken}\n`,
              },
              owner: edgeUser,
              image: args.images.nginx,
            },
            { parent: this },
          );
    const names = [...args.edge.domain, ...args.edge.redirectDomains];
    const container = new docker.Container(
      `${name}-certbot`,
      {
        ...containerDefaults({ identity: args.identity, part: "certbot", limits, grace: 10 }),
        image: args.images.certbot,
        entrypoints: ["python3", "-u", "-c", renewerProgram()],
        user: `${edgeUser}:${edgeUser}`,
        envs: pulumi
          .all([token?.directory])
          .apply(([directory]) => [
            `NAMES=${names.join(",")}`,
            `ACME_DIRECTORY=${acmeDirectory}`,
            `ACME_CHALLENGE=${acmeChallenge}`,
            ...(args.edge.proxyProtocol ? ["PROXY_PROTOCOL=1"] : []),
            ...(acmeProfile === undefined ? [] : [`ACME_PROFILE=${acmeProfile}`]),
            ...(acmeEmail === undefined ? [] : [`ACME_EMAIL=${acmeEmail}`]),
            ...(authorities === "" ? [] : [`ACME_DIRECTORY_CA=${authorities}`]),
            ...(directory === undefined ? [] : [`CLOUDFLARE_CREDENTIALS_FILE=${directory}/token.ini`]),
          ]),
        networksAdvanced: [{ name: args.network }],
        healthcheck: healthcheck(["python3", "-c", renewerCheck], 30, 30),
        volumes: [
          { volumeName: args.certificates, containerPath: edgePaths.certificates },
          { volumeName: args.webroot, containerPath: edgePaths.webroot },
          ...(token === undefined
            ? []
            : [{ volumeName: token.volume, containerPath: token.mountPoint, readOnly: true }]),
        ],
        mustRun: true,
        wait: false,
      },
      { ...containerOptions(this, true), dependsOn: this.#after },
    );
    admission(
      `${name}-admission`,
      { host: args.host, part: "Certbot", container, check: ["true"], pids: limits.pids, timeout: 30 },
      this,
    );
    return container;
  }

  /** Runs a script that leaves a certificate in the volume; secrets go over standard input. */
  #write(name: string, args: CertificatesArgs, script: string, stdin?: pulumi.Input<string>): void {
    new command.local.Command(
      `${name}-write`,
      {
        create: pulumi.all([args.images.nginx, args.certificates]).apply(([image, volume]) =>
          dockerRun({
            image,
            entrypoint: "sh",
            command: ["-c", script],
            stdin: stdin !== undefined,
            labels: { "berth.stack": args.identity.stack, "berth.part": "certificates" },
            network: "none",
            user: `${edgeUser}:${edgeUser}`,
            volumes: [{ name: volume, target: edgePaths.certificates, writable: true }],
          }),
        ),
        environment: args.host.environment,
        ...(stdin === undefined ? {} : { stdin: pulumi.secret(stdin) }),
        triggers: [args.certificates, script],
        logging: "none",
      },
      {
        parent: this,
        dependsOn: this.#after,
        additionalSecretOutputs: stdin === undefined ? [] : ["stdin", "stdout", "stderr"],
      },
    );
  }
}
