/**
 * The naive way, as a process of its own: the agents' protocol, an object per
 * record, a Map to join them, and one prepared `INSERT` per row into DuckDB.
 * One transaction per frame is a kindness to it: one per row waits for the disk.
 * Prints its port; ends at SIGTERM. The argument is its database's file.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  UINTEGER,
  USMALLINT,
  VARCHAR,
} from '@duckdb/node-api';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { RecordSource } from '../../server/join/record-source.ts';
import { addressText } from '../../server/wire/address.ts';
import { PROTOCOL_VERSION, readFrame } from '../../server/wire/frame.ts';
import type { Hello, ServerMessage } from '../../server/wire/messages.ts';
import { RECORD_OFFSETS as AT, headText } from '../../server/wire/record.ts';
import { GUEST_STATIONS, HOST_STATIONS } from '../../server/wire/stations.ts';
import { NaiveJoiner, type NaivePair } from './naive-joiner.ts';

const TYPES = { BIGINT, DOUBLE, UINTEGER, USMALLINT, VARCHAR };
const STAMPS = [HOST_STATIONS, GUEST_STATIONS].flatMap((stations) =>
  ['first', 'last'].flatMap((which) => stations.map((station) => `${station.replace('.', '_')}_${which} BIGINT`)),
);
const COLUMNS = [
  ...['at_ms DOUBLE', 'client VARCHAR', 'client_port USMALLINT', 'server VARCHAR', 'server_port USMALLINT'],
  ...['method VARCHAR', 'path VARCHAR', 'status USMALLINT', 'tap UINTEGER', 'vnic UINTEGER', 'flags UINTEGER'],
  ...['request_seq UINTEGER', 'request_bytes UINTEGER', 'response_bytes UINTEGER'],
  ...['rtt_ns UINTEGER', 'acked_ns UINTEGER', 'connect_ns UINTEGER', 'run_delay_ns UINTEGER'],
  ...STAMPS,
];
/** Without them DuckDB plans the statement anew for every row. */
const COLUMN_TYPES = COLUMNS.map((column) => TYPES[column.split(' ')[1] as keyof typeof TYPES]);

/** One connected agent. */
interface Peer {
  socket: WebSocket;
  source: RecordSource;
}

class NaiveServer {
  readonly #connection: DuckDBConnection;
  readonly #insert: DuckDBPreparedStatement;
  readonly #joiner = new NaiveJoiner();
  /** Frames wait for the ones before them. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(connection: DuckDBConnection, insert: DuckDBPreparedStatement) {
    this.#connection = connection;
    this.#insert = insert;
  }

  static async open(file: string): Promise<NaiveServer> {
    const connection = await (await DuckDBInstance.create(file, { threads: '2' })).connect();
    await connection.run(`CREATE TABLE paths (${COLUMNS.join(', ')})`);
    const marks = COLUMNS.map((_, i) => `$${i + 1}`).join(', ');
    return new NaiveServer(connection, await connection.prepare(`INSERT INTO paths VALUES (${marks})`));
  }

  greet(socket: WebSocket): void {
    socket.once('message', (data: RawData) => {
      const { role, clock } = JSON.parse(data.toString()) as Hello;
      const base = BigInt(clock.monotonicNs);
      const wallOffsetMs = Number(BigInt(clock.realtimeNs)) / 1e6;
      const peer = { socket, source: { index: role === 'host' ? 0 : 1, vantage: role, base, wallOffsetMs } };
      tell(socket, { type: 'welcome', protocol: PROTOCOL_VERSION, ackedSequence: 0, receivedSequence: 0 });
      socket.on('message', (frame: RawData, isBinary) => {
        if (isBinary) this.#last = this.#last.then(() => this.#frame(peer, frame as Buffer));
      });
    });
  }

  async #frame({ socket, source }: Peer, data: Buffer): Promise<void> {
    const result = readFrame(data);
    if (!result.ok) throw new Error(result.message);
    await this.#connection.run('BEGIN');
    for (const pair of this.#joiner.add(result.frame.records, source)) {
      this.#insert.bind(valuesOf(pair, source.wallOffsetMs), COLUMN_TYPES);
      await this.#insert.run();
    }
    await this.#connection.run('COMMIT');
    tell(socket, { type: 'ack', sequence: result.frame.sequence });
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#connection.run('CHECKPOINT');
    this.#connection.closeSync();
  }
}

function valuesOf({ host, guest }: NaivePair, wallOffsetMs: number) {
  const { bytes } = host;
  const { method, path } = headText(guest.bytes, AT.head, guest.bytes[AT.head_len]!);
  return [
    wallOffsetMs + host.stamps[0]! / 1e6,
    addressText(bytes, AT.client),
    bytes.readUInt16LE(AT.client_port),
    addressText(bytes, AT.server),
    bytes.readUInt16LE(AT.server_port),
    method,
    path,
    guest.status,
    ...[bytes, guest.bytes].map((record) => record.readUInt32LE(AT.ifindex)),
    ...[AT.flags, AT.request_seq, AT.request_bytes, AT.response_bytes].map((at) => bytes.readUInt32LE(at)),
    ...[AT.rtt_ns, AT.acked_ns, AT.connect_ns].map((at) => bytes.readUInt32LE(at)),
    guest.bytes.readUInt32LE(AT.run_delay_ns),
    ...[...host.stamps, ...guest.stamps].map(BigInt),
  ];
}

function tell(socket: WebSocket, message: ServerMessage): void {
  socket.send(JSON.stringify(message));
}

const naive = await NaiveServer.open(process.argv[2]!);
const http = createServer();
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
sockets.on('connection', (socket) => naive.greet(socket));
http.listen(0, '127.0.0.1', () => console.log((http.address() as AddressInfo).port));
process.once('SIGTERM', async () => {
  await naive.close();
  process.exit(0);
});
