/**
 * Where things are inside the Nginx container. Scripts and snippets in `nginx/` use the same paths;
 * a test holds them together.
 */
export const edgePaths = {
  /**
   * Volume owned by root: configuration sets by hash, and `committed`, a link to the one that a
   * starting Nginx takes.
   */
  config: "/etc/berth",
  /** Memory: the loaded configuration with resolved addresses, placeholder certificate, pid. */
  run: "/run/berth",
  /**
   * Volume written by Certbot's container: `served/current` is a link to the certificate in use.
   */
  certificates: "/var/lib/berth/certificates",
  /** Volume written by Certbot's container: answers to HTTP-01 challenges. */
  webroot: "/var/lib/berth/webroot",
  /** Volume: `maintenance.html` and `maintenance.json` while maintenance is on. */
  state: "/var/lib/berth/state",
  /**
   * In the same volume: an empty file for each replica that gets no requests, by the name of its
   * container.
   */
  outOfService: "/var/lib/berth/state/out-of-service",
  /**
   * Volume: static files, a folder a release, and `served`, a link to what all of them have
   * together.
   */
  assets: "/var/lib/berth/assets",
  /** Volume shared with the application: uploads. */
  media: "/var/lib/berth/media",
} as const;

/**
 * What the application puts before a file's path in `X-Accel-Redirect`: its setting MEDIA_ACCEL.
 * The path is the one below the media volume.
 */
export const mediaAccelPrefix = "/_edge/media/";

/**
 * Waits for the first configuration, which the traffic switch brings, and becomes Nginx. A set of
 * an earlier version cannot start with the listening sockets of another container; the hand-over
 * gives it the scripts (nginx/listener/renew-scripts.sh).
 */
export const startLine =
  "trap 'exit 0' QUIT TERM; until [ -s /etc/berth/committed/bin/take-sockets.pl ]; do sleep 0.2; done; exec sh /etc/berth/committed/bin/start.sh";

/**
 * User and group that Nginx and Certbot run as: the official image's `nginx`. Neither needs a
 * capability.
 */
export const edgeUser = 101;

/** Ports inside the container; unprivileged, so that no capability is needed. */
export const edgePorts = {
  http: 8080,
  https: 8443,
  /** Loopback only: health, the release that answers, the loaded set. */
  probe: 9180,
  /** Unpublished: stub_status for the exporter on the same network. */
  status: 9145,
} as const;
