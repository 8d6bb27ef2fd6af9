/** Which requests an objective is about, and which of them are left out on purpose. */
import { KEY_BYTES, type PathColumns } from '../join/paths.ts';
import { HEAD_BYTES, headText } from '../wire/record.ts';

/** What is not there does not matter; of a list one has to fit. */
export interface Selector {
  /** Names; `*` stands for anything. */
  readonly vm?: readonly string[];
  /** Of the service, as clients reach it. */
  readonly port?: readonly number[];
  readonly method?: readonly string[];
  /** Without the query; `*` stands for anything. Long paths are known by their beginning only. */
  readonly path?: readonly string[];
  /** `404`, `5xx`, or all but them: `!5xx`. */
  readonly status?: readonly string[];
}

/** A row, its texts decoded when they are first asked for. */
export class SeenRow {
  readonly columns: PathColumns;
  readonly row: number;
  readonly vm: string;
  #head: { method: string; path: string } | null = null;

  /** @param vm name of the row's VM */
  constructor(columns: PathColumns, row: number, vm: string) {
    this.columns = columns;
    this.row = row;
    this.vm = vm;
  }

  get method(): string {
    return this.#read().method;
  }

  get path(): string {
    return this.#read().path;
  }

  get port(): number {
    const { keys } = this.columns;
    const at = this.row * KEY_BYTES + 34;
    return keys[at]! | (keys[at + 1]! << 8);
  }

  get status(): number {
    return this.columns.status[this.row]!;
  }

  #read(): { method: string; path: string } {
    if (this.#head === null) {
      const { heads, headLength } = this.columns;
      const { method, path } = headText(heads, this.row * HEAD_BYTES, headLength[this.row]!);
      this.#head = { method, path: path.split('?', 1)[0]! };
    }
    return this.#head;
  }
}

export type Fits = (seen: SeenRow) => boolean;

/** The selector as a question; asked for every row, so it is made once. */
export function fits(selector: Selector): Fits {
  const { vm, port, method, path, status } = selector;
  const all: Fits[] = [];
  if (port !== undefined) all.push((seen) => port.includes(seen.port));
  if (status !== undefined) all.push(statusFits(status));
  if (vm !== undefined) all.push(oneOf(vm, (seen) => seen.vm));
  if (method !== undefined) all.push((seen) => method.includes(seen.method));
  if (path !== undefined) all.push(pathFits(path));
  return (seen) => all.every((one) => one(seen));
}

export function pathFits(patterns: readonly string[]): Fits {
  return oneOf(patterns, (seen) => seen.path);
}

/** Whether a name fits one of the patterns. */
export function nameFits(patterns: readonly string[] | undefined, name: string): boolean {
  return patterns === undefined || patterns.some((pattern) => globOf(pattern).test(name));
}

function oneOf(patterns: readonly string[], text: (seen: SeenRow) => string): Fits {
  const globs = patterns.map(globOf);
  return (seen) => globs.some((glob) => glob.test(text(seen)));
}

function globOf(pattern: string): RegExp {
  const parts = pattern.split(/\*+/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`);
}

function statusFits(patterns: readonly string[]): Fits {
  const ranges = patterns.map((pattern) => {
    const text = pattern.replace('!', '');
    return {
      isNot: pattern.startsWith('!'),
      from: Number(text.replace('xx', '00')),
      to: Number(text.replace('xx', '99')),
    };
  });
  // All that is forbidden, and one of what is asked for where something is.
  const [not, wanted] = [ranges.filter(({ isNot }) => isNot), ranges.filter(({ isNot }) => !isNot)];
  const within = (status: number) => (range: { from: number; to: number }) =>
    status >= range.from && status <= range.to;
  return ({ status }) => !not.some(within(status)) && (wanted.length === 0 || wanted.some(within(status)));
}
