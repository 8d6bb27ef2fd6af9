/** One log for the process: JSON lines for machines, short lines for people; never colour in a pipe. */
import pino, { type Logger } from 'pino';
import type { ServerOptions } from './options.ts';

const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'msg']);

/** `12:03:04.120 info  message key=value` from one JSON line of pino. */
export function textLine(json: string): string {
  const entry = JSON.parse(json) as { time: string; level: string; msg?: string };
  const pairs = Object.entries(entry).filter(([key]) => !HIDDEN.has(key));
  const rest = pairs.map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${entry.time.slice(11, 23)} ${entry.level.padEnd(5)} ${entry.msg ?? ''}${rest.join('')}\n`;
}

/** @param out where lines go: standard output, as a daemon's log should */
export function makeLog(
  options: Pick<ServerOptions, 'logLevel' | 'logFormat'>,
  out: NodeJS.WritableStream & { isTTY?: boolean } = process.stdout,
): Logger {
  const text = options.logFormat === 'text' || (options.logFormat === 'auto' && out.isTTY === true);
  return pino(
    {
      level: options.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void out.write(text ? textLine(line) : line) },
  );
}
