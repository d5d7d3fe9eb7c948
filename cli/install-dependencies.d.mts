/** What TypeScript knows of install-dependencies.mjs, which has to stay plain JavaScript. */
export declare class InstallError extends Error {
  readonly exitCode: number;
}

export declare function installDependencies(root: string): Promise<{ title: string; seconds: number }[]>;

interface Packages {
  readonly packages?: Readonly<
    Record<string, { version?: string; integrity?: string; optional?: boolean; devOptional?: boolean }>
  >;
}

export declare function sameInstallation(lockfile: Packages, record: Packages): boolean;
