import { describe, expect, it } from 'vitest';
import { classify } from '../../../server/join/classify.ts';
import { pathColumns } from '../../../server/join/paths.ts';
import { CLASSES, FLAGS, HEAD_BYTES, PROTOCOLS } from '../../../server/wire/record.ts';

/** Class of an exchange with this head, flags and protocol where /poll and /a/b wait on purpose. */
function classOf(head: string, flags = 0, protocol: (typeof PROTOCOLS)[number] = 'http/1'): string | undefined {
  const columns = pathColumns(2);
  columns.flags[1] = flags;
  columns.protocol[1] = PROTOCOLS.indexOf(protocol);
  columns.heads.set(new TextEncoder().encode(head), HEAD_BYTES);
  columns.headLength[1] = head.length;
  columns.class[0] = 99;
  classify(
    columns,
    1,
    2,
    ['/poll', '/a/b'].map((prefix) => new TextEncoder().encode(prefix)),
  );
  expect(columns.class[0]).toBe(99);
  return CLASSES[columns.class[1] as number];
}

describe('classify', () => {
  it.each([
    ['GET /poll', 'stream'],
    ['POST /poll/7', 'stream'],
    ['GET /a/b', 'stream'],
    ['GET /pol', 'request'],
    ['GET /x/poll', 'request'],
    ['GET /a/', 'request'],
    ['/poll', 'request'],
    ['', 'request'],
  ])('makes "%s" a %s, by the beginning of its path', (head, expected) => {
    expect(classOf(head)).toBe(expected);
  });

  it('asks flags and protocol first: a long-poll that is multiplexed stays so', () => {
    expect(classOf('GET /poll', FLAGS.overlap)).toBe('multiplexed');
    expect(classOf('GET /', 0, 'http/2')).toBe('multiplexed');
    expect(classOf('', FLAGS.tls_hello, 'tls')).toBe('handshake');
    expect(classOf('', FLAGS.upgraded, 'other')).toBe('stream');
  });
});
