/** Finds where HTTP/1.1 responses end in a stream of bytes; keeps none of their bodies. */
const HEAD_LIMIT_BYTES = 64 * 1024;

type State = 'head' | 'length' | 'until-close' | 'chunk-size' | 'chunk-data' | 'trailer';

export interface ResponseEnd {
  status: number;
  /** The server will close the connection. */
  closes: boolean;
}

/** One per connection, one response at a time (the generator does not pipeline). */
export class ResponseReader {
  #state: State = 'head';
  #text = '';
  /** Body or chunk bytes still to come; a chunk's closing CRLF is part of it. */
  #remaining = 0;
  #end: ResponseEnd = { status: 0, closes: false };

  /**
   * Takes the next bytes. Returns the response that they complete, or null.
   * Throws on bytes that are not HTTP/1.x, or that come after a response unasked.
   */
  push(bytes: Buffer): ResponseEnd | null {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'until-close') return null;
      if (this.#state === 'length' || this.#state === 'chunk-data') at = this.#skip(bytes, at);
      else at = this.#line(bytes, at);
      if (this.#state === 'head' && this.#text === '' && this.#end.status >= 200) {
        if (at < bytes.length) throw new Error('bytes after the end of a response');
        const end = this.#end;
        this.#end = { status: 0, closes: false };
        return end;
      }
    }
    return null;
  }

  /** The connection has closed: completes a response that had no length. */
  close(): ResponseEnd | null {
    return this.#state === 'until-close' ? { ...this.#end, closes: true } : null;
  }

  #skip(bytes: Buffer, at: number): number {
    const taken = Math.min(this.#remaining, bytes.length - at);
    this.#remaining -= taken;
    if (this.#remaining === 0) this.#state = this.#state === 'length' ? 'head' : 'chunk-size';
    return at + taken;
  }

  /** Collects one line (or the whole head), then acts on it. */
  #line(bytes: Buffer, at: number): number {
    const ending = this.#state === 'head' ? '\r\n\r\n' : '\r\n';
    const before = this.#text.length;
    this.#text += bytes.toString('latin1', at);
    const end = this.#text.indexOf(ending, Math.max(0, before - ending.length));
    if (end < 0) {
      if (this.#text.length > HEAD_LIMIT_BYTES) throw new Error('a response head larger than 64 KiB');
      return bytes.length;
    }
    const line = this.#text.slice(0, end);
    this.#text = '';
    if (this.#state === 'head') this.#head(line);
    else if (this.#state === 'trailer') this.#state = line === '' ? 'head' : 'trailer';
    else this.#chunkSize(line);
    return at + end + ending.length - before;
  }

  #head(head: string): void {
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
    if (!status) throw new Error('not an HTTP/1.x response');
    this.#end = { status, closes: /\r\nconnection: *close/i.test(head) };
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (status < 200 || status === 204 || status === 304) return;
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#state = 'chunk-size';
    else if (length === undefined) this.#state = 'until-close';
    else if (length !== '0') {
      this.#remaining = Number(length);
      this.#state = 'length';
    }
  }

  #chunkSize(line: string): void {
    const size = Number.parseInt(line, 16);
    if (!(size >= 0)) throw new Error('a chunk without a size');
    this.#remaining = size + 2;
    this.#state = size === 0 ? 'trailer' : 'chunk-data';
  }
}
