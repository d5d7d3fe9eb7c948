import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Finds modules in a dictionary of sources; what is not in it, Python looks for as ever. */
const finder = `import importlib.abc, importlib.util, sys
class Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self) if name in sources else None
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        name = module.__name__
        exec(compile(sources[name], name + ".py", "exec"), module.__dict__)
sys.meta_path.insert(0, Sources())
import renewer
renewer.main()
`;

/**
 * The modules of `nginx/certbot` as one text for `python3 -c`: Certbot's image stays the official
 * one, nothing has to be brought to the engine's disk, and a changed module replaces the container.
 */
export function renewerProgram(folder: string = join(import.meta.dirname, "../../nginx/certbot")): string {
  const modules = readdirSync(folder)
    .filter((file) => file.endsWith(".py"))
    .sort()
    .map((file) => [file.slice(0, -".py".length), readFileSync(join(folder, file), "utf8")] as const);
  // JSON's strings are Python's as well.
  const entries = modules.map(([name, source]) => `${JSON.stringify(name)}: ${JSON.stringify(source)},\n`);
  return `sources = {\n${entries.join("")}}\n${finder}`;
}
