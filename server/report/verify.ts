/** Whether a report says what its own data says, to the last byte. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { VERSION } from '../version.ts';
import { type ReportData, reportSchema } from './report-data.ts';
import { DATA_CLOSE, DATA_OPEN, reportHtml } from './report-html.ts';

export type Verified = { ok: true; data: ReportData } | { ok: false; why: string };

export function writeReport(data: ReportData): string {
  return reportHtml(data, digest);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Make the report again of the data in it, and compare. */
export function verifyReport(html: string): Verified {
  const data = dataOf(html);
  if (typeof data === 'string') return { ok: false, why: data };
  const again = writeReport(data);
  if (again === html) return { ok: true, data };
  const at = firstDifference(html, again);
  const line = html.slice(0, at).split('\n').length;
  const [here, there] = [html, again].map((text) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 20)));
  return { ok: false, why: `line ${line} says ${here}, but from the data in the file follows ${there}` };
}

/** The data, or why there is none to trust. */
function dataOf(html: string): ReportData | string {
  const from = html.lastIndexOf(DATA_OPEN);
  const to = html.indexOf(DATA_CLOSE, from);
  if (from < 0 || to < 0) return 'it has no data: it is no report of Hopscope, or it was cut';
  let value: unknown;
  try {
    value = JSON.parse(html.slice(from + DATA_OPEN.length, to));
  } catch {
    return 'its data is no JSON any more';
  }
  const made = (value as { hopscope?: unknown } | null)?.hopscope;
  if (typeof made === 'string' && made !== VERSION) {
    return `it was made by Hopscope ${made}, and this is ${VERSION}: verify it with that version`;
  }
  const parsed = reportSchema.safeParse(value);
  // As it stands there, in its own order.
  return parsed.success ? (value as ReportData) : `its data is not what a report has: ${z.prettifyError(parsed.error)}`;
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}
