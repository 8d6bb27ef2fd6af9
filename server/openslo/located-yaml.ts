/** YAML documents as values, each value with the line and column that it stands at. */
import { type Document, isNode, LineCounter, parseAllDocuments } from 'yaml';

export interface Place {
  /** From 1. */
  line: number;
  column: number;
}

/** What is wrong with a file, and what was expected there. */
export interface Fault extends Place {
  message: string;
}

export interface LocatedDocument {
  value: unknown;
  /** Of what is at this path, or of the nearest thing around it. */
  placeOf(path: readonly PropertyKey[]): Place;
}

/** Text that a person would call empty has no documents. */
export function readYaml(text: string): { documents: LocatedDocument[]; faults: Fault[] } {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  }) as Document.Parsed[];
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const all = Array.isArray(parsed) ? parsed : [];
  const faults = all.flatMap(({ errors }) => errors.map(({ pos, message }) => ({ ...placeAt(pos[0]), message })));
  if (faults.length > 0) return { documents: [], faults };
  const documents: LocatedDocument[] = [];
  for (const document of all.filter(({ contents }) => contents !== null)) {
    try {
      documents.push(located(document, placeAt));
    } catch (error) {
      // Aliases that blow a small file up.
      if (!(error instanceof ReferenceError)) throw error;
      faults.push({ ...placeAt(document.range[0]), message: error.message });
    }
  }
  return { documents, faults };
}

function located(document: Document.Parsed, placeAt: (offset: number) => Place): LocatedDocument {
  return {
    value: document.toJS({ maxAliasCount: 100 }),
    placeOf: (path) => {
      for (let length = path.length; length >= 0; length--) {
        const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return placeAt(node.range[0]);
      }
      return placeAt(0);
    },
  };
}
