/** Finds the files of kernel modules and the order in which they must be loaded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** modules.dep of one kernel: module name → its file and the files it needs, relative to the modules folder. */
export class ModuleTable {
  readonly #dependencies = new Map<string, { file: string; needs: string[] }>();

  constructor(modulesDir: string) {
    for (const line of readFileSync(join(modulesDir, 'modules.dep'), 'utf8').split('\n')) {
      const [file, needs] = line.split(':');
      if (file)
        this.#dependencies.set(moduleName(file), { file, needs: needs?.trim().split(' ').filter(Boolean) ?? [] });
    }
  }

  /** Files of the named modules and all they need, each after what it needs. Names built into the kernel are skipped. */
  inLoadOrder(names: string[]): string[] {
    const ordered = new Set<string>();
    const visit = (name: string) => {
      const module = this.#dependencies.get(name.replaceAll('-', '_'));
      if (module === undefined || ordered.has(module.file)) return;
      for (const need of module.needs) visit(moduleName(need));
      ordered.add(module.file);
    };
    for (const name of names) visit(name);
    return [...ordered];
  }
}

function moduleName(file: string): string {
  return file
    .slice(file.lastIndexOf('/') + 1)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}
