/**
 * Access log lines that wait for their path, by connection. Requests of a
 * connection follow one another, so the line of a request is the one whose
 * stretch holds the moment at which the service read the request. Where two
 * do, within the log's millisecond, it is the later one: the other had ended.
 */

export interface WaitingLine {
  /** Client's port × 65,536 + server's port: with the addresses it names the connection. */
  readonly ports: number;
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  /** In the guest's clock, ns since its source's base; to the millisecond, rounded down. */
  readonly startNs: number;
  readonly endNs: number;
  readonly status: number;
  readonly headerNs: number;
  readonly responseNs: number;
  /** When it came, ms. */
  readonly atMs: number;
}

/** The log's resolution. */
const TICK_NS = 1e6;
/** Between the two clocks of the guest that are compared, as it read them one after the other. */
const SLACK_NS = 100_000;
/** Lines of several workers, whose connections have the same ports, may come in another order. */
const DISORDER_NS = 1e9;

export class WaitingLines {
  readonly #byPorts = new Map<number, WaitingLine[]>();
  readonly #inOrder = new Set<WaitingLine>();
  readonly #capacity: number;
  /** Lines that were given up: too old, or too many. */
  unmatched = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get count(): number {
    return this.#inOrder.size;
  }

  add(line: WaitingLine): void {
    if (this.#inOrder.size >= this.#capacity) this.#giveUp(this.#oldest() as WaitingLine);
    this.#inOrder.add(line);
    const others = this.#byPorts.get(line.ports);
    if (others) others.push(line);
    else this.#byPorts.set(line.ports, [line]);
  }

  /**
   * The line of a request, which then waits no more.
   * @param key client and server address, 16 bytes each, at `at` of `keys` @param readNs when the service read it
   * @param status 0 where unknown
   */
  take(ports: number, keys: Uint8Array, at: number, readNs: number, status: number): WaitingLine | null {
    const lines = this.#byPorts.get(ports) ?? [];
    let found: WaitingLine | null = null;
    // From the newest: those before are in the order in which the requests ended, or nearly.
    for (let i = lines.length - 1; i >= 0; i--) {
      const line = lines[i] as WaitingLine;
      if (line.endNs < readNs - DISORDER_NS) break;
      const inside = readNs >= line.startNs - SLACK_NS && readNs < line.endNs + TICK_NS + SLACK_NS;
      if (!inside || (status !== 0 && status !== line.status) || !sameAddresses(line, keys, at)) continue;
      if (!found || line.startNs >= found.startNs) found = line;
    }
    if (found) this.#remove(found);
    return found;
  }

  /** Give up on what came before this moment. */
  expire(beforeMs: number): void {
    for (let line = this.#oldest(); line && line.atMs < beforeMs; line = this.#oldest()) this.#giveUp(line);
  }

  clear(): void {
    this.expire(Number.POSITIVE_INFINITY);
  }

  #oldest(): WaitingLine | undefined {
    return this.#inOrder.values().next().value;
  }

  #giveUp(line: WaitingLine): void {
    this.unmatched += 1;
    this.#remove(line);
  }

  #remove(line: WaitingLine): void {
    this.#inOrder.delete(line);
    const others = this.#byPorts.get(line.ports) ?? [];
    others.splice(others.indexOf(line), 1);
    if (others.length === 0) this.#byPorts.delete(line.ports);
  }
}

function sameAddresses({ client, server }: WaitingLine, keys: Uint8Array, at: number): boolean {
  for (let i = 0; i < 16; i++) {
    if (client[i] !== keys[at + i] || server[i] !== keys[at + 16 + i]) return false;
  }
  return true;
}
