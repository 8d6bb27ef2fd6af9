import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { makeLog } from '../../server/log.ts';

function logged(format: 'json' | 'text' | 'auto', isTTY: boolean): string {
  const out = Object.assign(new PassThrough(), { isTTY });
  makeLog({ logLevel: 'info', logFormat: format }, out).info({ agent: 'host:hv1', frames: 3 }, 'agent attached');
  return String(out.read());
}

describe('makeLog', () => {
  it('writes one JSON object a line where nobody watches', () => {
    for (const line of [logged('auto', false), logged('json', true)]) {
      expect(JSON.parse(line)).toMatchObject({ level: 'info', agent: 'host:hv1', frames: 3, msg: 'agent attached' });
      expect(Date.parse(JSON.parse(line).time)).not.toBeNaN();
    }
  });

  it('writes a short line on a terminal', () => {
    for (const line of [logged('auto', true), logged('text', false)]) {
      expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}agent attached agent=host:hv1 frames=3\n$/);
    }
  });
});
