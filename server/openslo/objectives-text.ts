/** The text of an objectives file: read with the place of every fault, and written again without loss. */
import { stringify } from 'yaml';
import type { Objective } from '../slo/objective.ts';
import type { SloUnjudged } from '../wire/slo-views.ts';
import { type Fault, type LocatedDocument, readYaml } from './located-yaml.ts';
import { messageOf, ObjectiveFault, objectivesOf } from './objectives.ts';
import { documentSchema, type OpenSloDocument } from './schema.ts';

export interface ObjectivesFile {
  /** As they stand in the file, in its order. */
  documents: OpenSloDocument[];
  objectives: Objective[];
  unjudged: SloUnjudged[];
}

export type ReadResult = { ok: true; file: ObjectivesFile } | { ok: false; faults: Fault[] };

export const MOST_OBJECTIVES = 200;

/** @returns either all of it, or every fault with its line and column */
export function readObjectives(text: string): ReadResult {
  const { documents: located, faults } = readYaml(text);
  const found: { document: OpenSloDocument; place: LocatedDocument }[] = [];
  for (const place of located) {
    const parsed = documentSchema.safeParse(place.value);
    if (parsed.success) found.push({ document: place.value as OpenSloDocument, place });
    else for (const issue of parsed.error.issues) faults.push({ ...placeOf(place, issue), message: messageOf(issue) });
  }
  faults.push(...doubles(found));
  const file: ObjectivesFile = { documents: found.map(({ document }) => document), objectives: [], unjudged: [] };
  const find = (kind: string, name: string) =>
    file.documents.find((document) => document.kind === kind && document.metadata.name === name);
  for (const { document, place } of found) {
    if (document.kind !== 'SLO') continue;
    try {
      const { objectives, unjudged } = objectivesOf(document, find);
      file.objectives.push(...objectives);
      if (unjudged !== null) file.unjudged.push(unjudged);
    } catch (error) {
      if (!(error instanceof ObjectiveFault)) throw error;
      faults.push({ ...place.placeOf(error.path), message: error.message });
    }
  }
  if (file.objectives.length > MOST_OBJECTIVES) {
    faults.push({ line: 1, column: 1, message: `expected at most ${MOST_OBJECTIVES} objectives` });
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, file };
}

function placeOf(place: LocatedDocument, issue: { path: PropertyKey[]; code?: string; keys?: string[] }) {
  const [key] = issue.keys ?? [];
  return place.placeOf(key === undefined ? issue.path : [...issue.path, key]);
}

/** Two documents of one kind and name: nobody could tell which one is referred to. */
function doubles(found: readonly { document: OpenSloDocument; place: LocatedDocument }[]): Fault[] {
  const seen = new Set<string>();
  return found.flatMap(({ document: { kind, metadata }, place }) => {
    const key = `${kind} ${metadata.name}`;
    const message = `expected another name: there is a ${kind} named ${metadata.name} before this one`;
    if (seen.has(key)) return [{ ...place.placeOf(['metadata', 'name']), message }];
    seen.add(key);
    return [];
  });
}

/** The documents as a file that reads as the same documents. */
export function writeObjectives(documents: readonly OpenSloDocument[]): string {
  return documents.map((document) => stringify(document)).join('---\n');
}

export function faultText(file: string, { line, column, message }: Fault): string {
  return `${file}:${line}:${column}: ${message}`;
}
