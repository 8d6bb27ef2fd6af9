/** Text as HTML, and numbers as a report shows them: the same text for the same number on every machine. */

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A table of texts; the first row is the head. */
export function table(rows: readonly (readonly string[])[], numbers: readonly number[] = []): string {
  const cell = (tag: string) => (text: string, i: number) =>
    `<${tag}${numbers.includes(i) ? ' class="n"' : ''}>${text}</${tag}>`;
  const [head = [], ...body] = rows;
  const lines = body.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>`);
  return `<table><thead><tr>${head.map(cell('th')).join('')}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

export function section(title: string, body: string): string {
  return `<section><h2>${escaped(title)}</h2>${body}</section>`;
}

/** ms with as many digits as a microsecond needs. */
export function time(ns: number | null): string {
  if (ns === null) return 'not measured';
  // What rounds to nothing has no sign.
  return `${(ns / 1e6).toFixed(3).replace(/^-(0\.0+)$/, '$1')} ms`;
}

export function permille(value: number | null): string {
  return value === null ? 'undetermined' : `${(value / 10).toFixed(1)} %`;
}

export function moment(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19);
}

export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}

/** A value of the evidence, in its unit. */
export function reading(value: number | null, unit: string): string {
  if (value === null) return 'nobody told';
  if (unit.endsWith('ns')) return `${unit.startsWith('±') ? '± ' : ''}${time(value)}`;
  return `${Number.isInteger(value) ? value : value.toFixed(3)}${unit === '' ? '' : ` ${unit}`}`;
}
