import type { Rule } from "./rule.ts";
import { containerType, partOf, records, text, unknown, volumeType } from "./shape.ts";

/** Names of the volumes that hold what nobody can make again. */
const holdsData = /-(?:data|certificates)$/;

/** Where a part keeps its data, in its container. */
const dataFolders: Readonly<Record<string, string>> = {
  app: "/var/lib/app/media",
  postgres: "/var/lib/postgresql/data",
};

export const volumeRules: readonly Rule[] = [
  {
    name: "protected-volume",
    description: "Volumes with data have a name of their own and stay when their stack is destroyed.",
    level: "mandatory",
    type: volumeType,
    check: (shape) => {
      if (!holdsData.test(shape.name) || shape.inputs["name"] === unknown) return [];
      return [
        ...(/^$|-[0-9a-f]{6}$/.test(text(shape, "name") ?? "")
          ? ["has no name of its own: the next one would be empty. Make it with dataVolume()"]
          : []),
        ...(shape.retained === false
          ? ["would be deleted with its stack. Set retainOnDelete, as dataVolume() does"]
          : []),
      ];
    },
  },
  {
    name: "data-on-volume",
    description: "A part that keeps data keeps it on a volume with a name.",
    level: "mandatory",
    type: containerType,
    check: (shape) => {
      const folder = dataFolders[partOf(shape) ?? ""];
      const mounts = records(shape, "mounts");
      const mount = mounts.find(({ target }) => target === folder);
      if (folder === undefined || (mount === undefined && partOf(shape) !== "postgres")) return [];
      const onVolume = mount?.["type"] === "volume" && mount["source"] !== undefined;
      return onVolume ? [] : [`${folder} is on no volume: what is written there goes with the container`];
    },
  },
];
