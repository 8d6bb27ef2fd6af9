/** The token that agents, and whoever changes something, must present. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

export type Token = { ok: true; token: string; generated: boolean } | { ok: false; message: string };

/** The one that was given, or a new one. */
export function resolveToken(flags: { token?: string; tokenFile?: string }): Token {
  if (flags.token !== undefined && flags.tokenFile !== undefined) {
    return { ok: false, message: '--token and --token-file are both given. Keep one.' };
  }
  if (flags.tokenFile !== undefined) return tokenFromFile(flags.tokenFile);
  if (flags.token === undefined) return { ok: true, token: randomBytes(24).toString('base64url'), generated: true };
  return checkedToken(flags.token, '--token');
}

function tokenFromFile(file: string): Token {
  try {
    return checkedToken(readFileSync(file, 'utf8').trim(), `--token-file ${file}`);
  } catch (error) {
    return { ok: false, message: `--token-file ${file} cannot be read: ${(error as Error).message}` };
  }
}

function checkedToken(token: string, from: string): Token {
  // Printable and without spaces, so that it survives a header and a shell.
  if (/^[\x21-\x7e]{8,256}$/.test(token)) return { ok: true, token, generated: false };
  return { ok: false, message: `${from}: a token has 8 to 256 printable characters and no spaces.` };
}
