import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ResponseEnd, ResponseReader } from '../../lab/http-response.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nServer: nginx\r\n';
const LENGTH = `${HEAD}Content-Length: 11\r\n\r\nhello world`;
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n`;
const TRAILERS = `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nDone: yes\r\nSum: 1\r\n\r\n`;
const EMPTY = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n';
const CONTINUED = `HTTP/1.1 100 Continue\r\n\r\n${LENGTH}`;

/** Everything the reader reports when the text comes in the given pieces. */
function read(pieces: string[]): (ResponseEnd | null)[] {
  const reader = new ResponseReader();
  return pieces.map((piece) => reader.push(Buffer.from(piece, 'latin1')));
}

describe('ResponseReader', () => {
  it.each([
    ['a length', LENGTH, { status: 200, closes: false }],
    ['chunks', CHUNKED, { status: 200, closes: false }],
    ['chunks and trailers', TRAILERS, { status: 200, closes: false }],
    ['nothing in it', EMPTY, { status: 404, closes: true }],
    ['no content', NO_CONTENT, { status: 204, closes: false }],
    ['an interim answer before it', CONTINUED, { status: 200, closes: false }],
  ])('ends a response with %s exactly at its last byte, cut anywhere', (_name, text, end) => {
    for (let cut = 1; cut < text.length; cut++) {
      expect(read([text.slice(0, cut), text.slice(cut)])).toEqual([null, end]);
    }
    const bytes = read([...text]);
    expect(bytes.slice(0, -1).every((result) => result === null)).toBe(true);
    expect(bytes.at(-1)).toEqual(end);
  });

  it('reads one response after the other on one connection', () => {
    expect(read([LENGTH, CHUNKED, NO_CONTENT, LENGTH])).toEqual([
      { status: 200, closes: false },
      { status: 200, closes: false },
      { status: 204, closes: false },
      { status: 200, closes: false },
    ]);
  });

  it('takes the close of the connection as the end of a response without a length', () => {
    const reader = new ResponseReader();
    expect(reader.push(Buffer.from(`${HEAD}\r\nsome bytes`))).toBeNull();
    expect(reader.close()).toEqual({ status: 200, closes: true });
  });

  it('does not take a close in the middle of a response as its end', () => {
    const reader = new ResponseReader();
    reader.push(Buffer.from(LENGTH.slice(0, -3)));
    expect(reader.close()).toBeNull();
  });

  it('refuses bytes that nobody asked for after a response', () => {
    expect(() => read([`${LENGTH}x`])).toThrow(/after the end/);
  });

  it('ends in a refusal or an answer, never in a hang or a crash, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const reader = new ResponseReader();
        try {
          reader.push(Buffer.from(bytes));
        } catch (error) {
          expect((error as Error).message).toMatch(/HTTP|chunk|after the end/);
        }
      }),
    );
  });
});
