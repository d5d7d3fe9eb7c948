import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { builderFindings, currentBuilder } from "../../cli/host-checks/builder.ts";
import { challengeFindings } from "../../cli/host-checks/challenge.ts";
import { checkHost, type Wanted } from "../../cli/host-checks/check-host.ts";
import { fileLimitFindings } from "../../cli/host-checks/file-limits.ts";
import { renderProblems } from "../../cli/host-checks/finding.ts";
import type { Host } from "../../cli/host-checks/host.ts";
import { imageAgeFindings } from "../../cli/host-checks/image-ages.ts";
import { loopbackFindings } from "../../cli/host-checks/loopback.ts";
import { memoryLimitFindings } from "../../cli/host-checks/memory-limits.ts";
import { addressPoolFindings, routedSubnets, type AddressPool } from "../../cli/host-checks/address-pools.ts";
import { ipv6Findings } from "../../cli/host-checks/ipv6.ts";
import { defaultRoute, mtuFindings, uplinkOf } from "../../cli/host-checks/mtu.ts";
import { processLimitFindings } from "../../cli/host-checks/process-limits.ts";
import { rootlessFindings } from "../../cli/host-checks/rootless.ts";
import { selinuxFindings } from "../../cli/host-checks/selinux.ts";
import { publishedPorts } from "../../stacks/stack-config.ts";
import { parseSettings } from "../../stacks/parse.ts";
import { infoOf } from "../support/recorded-docker-info.ts";

const onLoopback = [{ address: "127.0.0.1", port: 8000 }];

test("loopback is not private on engines before 28", () => {
  const [finding] = loopbackFindings(infoOf(), onLoopback);
  assert.match(finding?.text ?? "", /same network segment reach ports .* 127\.0\.0\.1 \(8000\)$/);
  assert.match(finding?.remedy ?? "", /Docker 28 or newer/);
  assert.deepEqual(loopbackFindings(infoOf({ ServerVersion: "28.0.0" }), onLoopback), []);
  assert.deepEqual(loopbackFindings(infoOf(), [{ address: "0.0.0.0", port: 443 }]), []);
  assert.deepEqual(loopbackFindings(infoOf({ OperatingSystem: "Docker Desktop" }), onLoopback), []);
  const rootless = infoOf({ SecurityOptions: ["name=seccomp,profile=builtin", "name=rootless"] });
  assert.deepEqual(loopbackFindings(rootless, onLoopback), []);
});

test("a port on IPv6 hides the addresses of visitors", () => {
  const published = (settings: Record<string, string>) =>
    publishedPorts(parseSettings("prod", { domain: "example.org", ...settings }));
  assert.deepEqual(ipv6Findings("prod", published({})), []);
  const [finding] = ipv6Findings("prod", published({ proxyAddress: "::" }));
  assert.match(finding?.text ?? "", /^proxyAddress :: takes visitors over IPv6/);
  assert.match(finding?.remedy ?? "", /pulumi config set proxyAddress 0\.0\.0\.0 --stack prod$/);
  assert.deepEqual(ipv6Findings("basic", publishedPorts(parseSettings("basic", { appAddress: "::1" }))), []);
});

test("port 80 stays needed for as long as names are proved over it", () => {
  const found = (settings: Record<string, string>) =>
    challengeFindings(
      "prod",
      parseSettings("prod", { domain: "example.org", ...settings }, new Set(["cloudflareToken"])).edge,
    );
  const [finding] = found({ redirectDomains: "www.example.org" });
  assert.equal(finding?.state, "ok");
  assert.match(finding.text, /^port 80 of example\.org, www\.example\.org has to stay open to everyone: /);
  assert.match(finding.remedy ?? "", /acmeChallenge dns --stack prod$/);
  assert.deepEqual(found({ tls: "selfsigned" }), []);
  assert.deepEqual(found({ acmeChallenge: "dns", cloudflareToken: "token" }), []);
  assert.deepEqual(challengeFindings("basic", undefined), []);
});

test("a rootless engine hides the addresses of visitors", () => {
  assert.deepEqual(rootlessFindings(infoOf()), []);
  const [finding] = rootlessFindings(infoOf({ SecurityOptions: ["name=seccomp", "name=rootless"] }));
  assert.match(finding?.remedy ?? "", /PORT_DRIVER=slirp4netns/);
});

test("a kernel without the memory cgroup limits nothing; the remedy is the host's own", () => {
  assert.deepEqual(memoryLimitFindings(infoOf()), []);
  const [pi] = memoryLimitFindings(infoOf({ MemoryLimit: false }));
  assert.match(pi?.remedy ?? "", /cmdline\.txt:\n {2}cgroup_enable=memory cgroup_memory=1$/);
  const rootless = { MemoryLimit: false, SecurityOptions: ["name=rootless"] };
  assert.match(memoryLimitFindings(infoOf(rootless))[0]?.remedy ?? "", /^Delegate the memory controller/);
});

test("a kernel that limits no processes is named", () => {
  assert.deepEqual(processLimitFindings(infoOf()), []);
  assert.match(processLimitFindings(infoOf({ PidsLimit: false }))[0]?.text ?? "", /no container's processes/);
});

test("an engine whose containers may open few files is named once Nginx runs there", () => {
  assert.deepEqual(fileLimitFindings(undefined), []);
  assert.deepEqual(fileLimitFindings(Infinity), []);
  assert.deepEqual(fileLimitFindings(16_384), []);
  const [finding] = fileLimitFindings(1024);
  assert.equal(finding?.text, "Nginx may open 1024 files, and needs 16384 for all its connections");
  assert.match(finding.remedy ?? "", /"default-ulimits"/);
});

test("base images are shown with their age; old ones, and tags that can move, come with what to do", () => {
  const now = new Date("2026-11-27T12:00:00Z");
  const image = (name: "debian" | "nginx", days: number, source: "debian" | "official", pinned: boolean) => ({
    name,
    source,
    reference: `berth/${name}:1`,
    pinned,
    since: new Date(now.getTime() - days * 86_400_000),
  });
  assert.deepEqual(imageAgeFindings([], now), []);
  const [young] = imageAgeFindings(
    [image("debian", 2, "debian", true), image("nginx", 0, "official", true)],
    now,
  );
  assert.equal(young?.state, "ok");
  assert.match(young.text, /: debian 2, nginx 0$/);
  const [old, loose] = imageAgeFindings(
    [image("debian", 61, "debian", true), image("nginx", 3, "official", false)],
    now,
  );
  assert.equal(old?.state, "warning");
  assert.match(old.remedy ?? "", /^See what they lack: npx berth outdated\nSet debianPackagesOf/);
  assert.match(loose?.text ?? "", /a registry can move: nginx$/);
  assert.equal(loose?.remedy, "npx berth images pin");
});

test("SELinux matters to a stack that mounts its sources", () => {
  const confined = infoOf({ SecurityOptions: ["name=seccomp,profile=builtin", "name=selinux"] });
  assert.match(
    selinuxFindings(confined, "app/src")[0]?.remedy ?? "",
    /^chcon --recursive --type container_file_t app\/src$/,
  );
  assert.deepEqual(selinuxFindings(confined, undefined), []);
  assert.deepEqual(selinuxFindings(infoOf(), "app/src"), []);
});

test("networks that send larger packets than the host takes are named with both sizes", () => {
  const [finding] = mtuFindings({ name: "wg0", mtu: 1400 }, 1500);
  assert.match(finding?.text ?? "", /up to 1500 bytes, and wg0 takes 1400/);
  assert.match(finding?.remedy ?? "", /"com\.docker\.network\.driver\.mtu": "1400"/);
  assert.deepEqual(mtuFindings({ name: "wg0", mtu: 1400 }, 1400), []);
  assert.deepEqual(mtuFindings({ name: "eth0", mtu: 9000 }, 1500), []);
  assert.deepEqual(mtuFindings(undefined, 1500), []);
});

test("the uplink is the interface of the default route", (context) => {
  const table = [
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask",
    "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF",
    "ens4\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000",
  ].join("\n");
  assert.equal(defaultRoute(table), "ens4");
  assert.equal(defaultRoute("Iface\tDestination\n"), undefined);
  const folder = mkdtempSync(join(tmpdir(), "berth-uplink-"));
  context.after(() => {
    rmSync(folder, { recursive: true });
  });
  assert.equal(uplinkOf(folder), undefined);
  mkdirSync(join(folder, "proc/net"), { recursive: true });
  mkdirSync(join(folder, "sys/class/net/ens4"), { recursive: true });
  writeFileSync(join(folder, "proc/net/route"), table);
  writeFileSync(join(folder, "sys/class/net/ens4/mtu"), "1460\n");
  assert.deepEqual(uplinkOf(folder), { name: "ens4", mtu: 1460 });
  assert.deepEqual(routedSubnets(folder), ["172.17.0.0/16"], "its default route leads to no subnet");
});

test("used-up pools of addresses are a problem before `up` changes anything, a VPN's routes count", () => {
  const sixteen = Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16`);
  const twenty = Array.from({ length: 16 }, (_, index) => `192.168.${index * 16}.0/20`);
  const all = [...sixteen, ...twenty];
  const states = (pools: AddressPool[] | null, taken: readonly string[], there = 0) =>
    addressPoolFindings(pools, taken, there).map(({ state }) => state);
  assert.deepEqual(states(null, []), []);
  assert.deepEqual(states(null, all.slice(2)), [], "two are free");
  assert.deepEqual(states(null, all.slice(1)), ["problem"]);
  assert.deepEqual(states(null, all.slice(1), 1), [], "one is there already");
  assert.deepEqual(states(null, all, 2), [], "a stack that runs needs none");
  assert.deepEqual(states(null, ["0.0.0.0/1", "128.0.0.0/1"]), ["problem"], "a VPN that takes everything");
  assert.deepEqual(states(null, ["172.16.0.0/12", "fd00::/64"]), [], "the others are 192.168");
  assert.deepEqual(states([{ Base: "10.201.0.0/24", Size: 25 }], []), []);
  assert.deepEqual(states([{ Base: "10.201.0.0/24", Size: 25 }], ["10.201.0.64/26"]), ["problem"]);
  const config = parseSettings("prod", { domain: "example.org" });
  const wanted: Wanted = { stack: "prod", config, own: new Set(), minDisk: 2 };
  const full = hostOf({ networks: { subnets: all, own: 0, mtu: 1500 } });
  assert.match(
    renderProblems(checkHost(full, wanted)),
    /^ {2}- Networks: the stack needs 2 more networks, and Docker has addresses for 0[^]*docker network prune\n[^]*daemon\.json/,
  );
  const routed = hostOf({ routed: ["172.16.0.0/12", "192.168.0.0/16"] });
  assert.match(renderProblems(checkHost(routed, wanted)), /Networks: /);
});

test("a builder beside the engine is named, the engine's own is not", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-buildx-"));
  context.after(() => {
    rmSync(folder, { recursive: true });
  });
  const env = { BUILDX_CONFIG: folder };
  assert.equal(currentBuilder(env), undefined);
  mkdirSync(join(folder, "instances"));
  writeFileSync(join(folder, "instances", "ci"), '{"Name":"ci","Driver":"docker-container","Nodes":[]}');
  writeFileSync(join(folder, "current"), '{"Key":"unix:///var/run/docker.sock","Name":"","Global":false}');
  assert.equal(currentBuilder(env), undefined);
  writeFileSync(join(folder, "current"), '{"Key":"unix:///var/run/docker.sock","Name":"ci","Global":false}');
  assert.deepEqual(currentBuilder(env), { name: "ci", driver: "docker-container" });
  assert.match(builderFindings(currentBuilder(env))[0]?.remedy ?? "", /docker buildx use default$/);
  assert.deepEqual(builderFindings({ name: "own", driver: "docker" }), []);
});

/** A healthy host, with Debian 12's engine. */
function hostOf(changes: Partial<Host> = {}): Host {
  const now = new Date(0);
  return {
    info: infoOf(),
    running: [],
    free: 10 * 2 ** 30,
    encryption: { state: "plain", fileSystem: "ext4" },
    clocks: { here: now, docker: now, newestFile: now },
    listeners: [],
    uplink: { name: "eth0", mtu: 1500 },
    networks: { subnets: ["172.17.0.0/16"], own: 0, mtu: 1500 },
    routed: [],
    builder: undefined,
    openFiles: undefined,
    ...changes,
  };
}

test("one list of checks serves doctor and up: a small host is a problem for both", () => {
  const config = parseSettings("prod", { domain: "example.org" });
  const wanted: Wanted = { stack: "prod", config, own: new Set(), minDisk: 2 };
  assert.equal(renderProblems(checkHost(hostOf(), wanted)), "");
  const small = checkHost(hostOf({ info: infoOf({ MemTotal: 0.95 * 2 ** 30 }), free: 2 ** 30 }), wanted);
  assert.deepEqual(
    small.filter(({ state }) => state === "problem").map(({ name }) => name),
    ["Disk", "Memory"],
  );
  assert.match(renderProblems(small), /^ {2}- Disk: .*\n[^]*\n {2}- Memory: the Docker host has 972 MiB/m);
});

test("a stack of the same name from another state is a finding for doctor too, and its ports are no second one", () => {
  const config = parseSettings("dev", {});
  const stranger = {
    id: "c9",
    name: "berth-dev-postgres",
    stack: "dev",
    part: "postgres",
    release: undefined,
    image: "postgres:18",
    status: "running",
    exitCode: 0,
    health: "healthy",
    created: new Date(0),
    started: new Date(0),
    publicUrls: [],
    ports: publishedPorts(config).map(({ address, port }) => ({ address, port, inside: port })),
  };
  const found = checkHost(hostOf({ running: [stranger] }), {
    stack: "dev",
    config,
    own: new Set(),
    minDisk: 2,
  });
  const problems = found.filter(({ state }) => state === "problem");
  assert.deepEqual(
    problems.map(({ name }) => name),
    ["State"],
  );
});

test("reports ports of unreadable settings as not judged, not as free", () => {
  const found = checkHost(hostOf(), { stack: "prod", config: undefined, own: new Set(), minDisk: 2 });
  assert.match(found.find(({ name }) => name === "Ports")?.text ?? "", /^not looked at: .*encrypted/);
});
