/** Values that templates of `env` may name, with what each is; a stack may lack some of them. */
export const plainValues = {
  stack: "name of the stack",
  environment: "development or production",
  port: "port that the application listens on",
  metricsPort: "port for metrics, 9464",
  publicUrl: "address that people type, such as https://shop.example.org",
  publicUrls: "all of them, separated by commas",
  trustProxy: "proxies in front: their number or addresses",
  processes: "processes in each container",
  jobs: "worker or inline",
  drainTimeout: "seconds that a stopping replica has",
  locale: "language",
  timeZone: "time zone",
  logLevel: "least severe log record",
  uploads: "folder of uploads",
  mediaAccel: "prefix of X-Accel-Redirect, if Nginx sends files",
  "database.host": "host of Postgres",
  "database.port": "5432",
  "database.name": "name of the database",
  "database.user": "role that the application logs in as",
  "database.poolMax": "connections in the pool of a process",
  "cache.url": "redis://… without the password",
  "cache.host": "host of Redis",
  "cache.port": "6379",
  "smtp.url": "mail server",
  "smtp.tls": "how mail is encrypted",
  "smtp.user": "account at the mail server",
  "smtp.from": "sender of mail",
  "s3.endpoint": "service that keeps uploaded files",
  "s3.bucket": "bucket",
  "s3.region": "region of the bucket",
  "s3.accessKey": "access key of the bucket",
  "s3.delivery": "app or redirect",
  "traces.endpoint": "collector of traces",
  "traces.share": "share of traced requests, 0 to 1",
  "file.databasePassword": "file with the database password",
  "file.sessionKeys": "file with the ring of session keys",
  "file.cachePassword": "file with the password of Redis",
  "file.smtpPassword": "file with the password of mail",
  "file.s3SecretKey": "file with the bucket's secret key",
  "file.trustedCa": "certificates that are trusted besides the usual ones",
  "file.secrets": "what the files of your own secrets begin with",
} as const;

/** Values that are secret; a variable that names one is set inside the process. */
export const secretValues = {
  "secret.databasePassword": "password of the database",
  "secret.session": "newest session key",
  "secret.sessionAll": "session keys, newest first, separated by commas",
  "secret.cachePassword": "password of Redis",
  "secret.smtpPassword": "password of mail",
  "secret.s3SecretKey": "bucket's secret key",
} as const;

export type PlainValue = keyof typeof plainValues;
export type SecretValue = keyof typeof secretValues;

/** Settings of a stack that templates may name, as `settings.<name>`. */
export const settingValues = [
  ...["siteName", "siteColour", "siteLogo"],
  ...["rateLimit", "registration", "secondFactor", "apiDocs", "auditRetention", "historyRetention"],
  ...["idempotencyRetention", "uploads", "mediaQuota", "mediaQuotaFiles", "mediaShare", "mediaReserve"],
] as const;

/** What the names of your own secrets begin with in a template. */
export const ownSecret = "secret.own.";
