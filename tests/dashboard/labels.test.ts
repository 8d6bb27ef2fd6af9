import { describe, expect, it } from 'vitest';
import { labelsOf, requestName, unusualLabels } from '../../dashboard/labels.ts';
import { CLASSES, FLAGS, flagNames, PROTOCOLS } from '../../server/wire/record.ts';
import type { PathView } from '../../server/wire/views.ts';

function path(changes: Partial<PathView>): PathView {
  const plain = { class: 'request', protocol: 'http/1', flags: [], method: 'GET', path: '/', status: 200 };
  return { ...plain, ...changes } as unknown as PathView;
}

const texts = (changes: Partial<PathView>) => labelsOf(path(changes)).map((label) => label.text);

describe('labelsOf', () => {
  it('tells class, protocol and flags in this order', () => {
    expect(texts({ class: 'multiplexed', flags: ['pipelined', 'retransmit'] })).toEqual([
      'multiplexed',
      'HTTP/1',
      'pipelined',
      'retransmit',
    ]);
  });

  it('explains every flag, protocol and class that the server can name', () => {
    const everything = flagNames(Object.values(FLAGS).reduce((all, bit) => all | bit, 0));
    const said = PROTOCOLS.filter((p) => p !== 'unknown').flatMap((protocol) => labelsOf(path({ protocol })));
    const classes = CLASSES.flatMap((name) => labelsOf(path({ class: name, flags: everything })));
    for (const { text, title } of [...said, ...classes]) expect(title, text).not.toBe('');
    expect(said).toHaveLength(PROTOCOLS.length - 1);
  });

  it('shows a flag that this page does not know yet', () => {
    expect(texts({ flags: ['brand-new'] })).toContain('brand-new');
  });
});

describe('unusualLabels', () => {
  it('leaves an ordinary request bare and keeps what is not', () => {
    expect(unusualLabels(path({ flags: ['closed', 'midstream'] }))).toEqual([]);
    expect(unusualLabels(path({ protocol: 'tls', flags: ['reset'] })).map((l) => l.text)).toEqual(['TLS', 'reset']);
  });
});

describe('requestName', () => {
  it('is method and path, or what is known without them', () => {
    expect(requestName(path({}))).toBe('GET /');
    expect(requestName(path({ method: '', path: '', protocol: 'tls' }))).toBe('encrypted exchange');
    expect(requestName(path({ method: '', path: '', protocol: 'tls', class: 'handshake' }))).toBe('TLS handshake');
    expect(requestName(path({ method: '', path: '' }))).toBe('exchange, payload not read');
  });
});
