import { dirname, join } from 'node:path';

/** Comments and template text may mention imports; they are none. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

const FORMS = [
  /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
];

/** Everything a module imports: static, for side effects, re-exported, dynamic, and types alike. */
export function importSpecifiers(source: string): string[] {
  const text = withoutComments(source);
  return FORMS.flatMap((form) => [...text.matchAll(form)].map((match) => match[1] as string));
}

/** A path from the root for what is ours, `npm:name` or `node:name` for what is not. */
export function resolveSpecifier(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return join(dirname(file), specifier);
  if (specifier.startsWith('node:')) return specifier;
  const [scope, name] = specifier.split('/');
  return `npm:${specifier.startsWith('@') ? `${scope}/${name}` : scope}`;
}
