/**
 * A server that only looks: welcomes an agent, acknowledges its frames, and
 * prints for each record how long after its last stamp the agent had it.
 * Runs in the host's namespace.   node cost-listener.ts <port>
 */
import { WebSocketServer } from 'ws';
import { PROTOCOL_VERSION, readFrame } from '../../server/wire/frame.ts';
import type { ServerMessage } from '../../server/wire/messages.ts';
import { RECORD_BYTES, RECORD_OFFSETS, RECORD_STATIONS } from '../../server/wire/record.ts';

/** One line a record. */
export interface SeenRecord {
  /** From the last stamp of any station to the agent's making the frame; both are the guest's clock. */
  delayNs: number;
}

function lastStamp(record: DataView): bigint {
  let last = 0n;
  for (let station = 0; station < RECORD_STATIONS; station++) {
    const at = record.getBigUint64(RECORD_OFFSETS.last + station * 8, true);
    if (at > last) last = at;
  }
  return last;
}

function delays(bytes: Uint8Array): { sequence: number; delaysNs: number[] } {
  const result = readFrame(bytes);
  if (!result.ok) throw new Error(result.message);
  const { sequence, sentNs, records } = result.frame;
  const starts = Array.from({ length: records.length / RECORD_BYTES }, (_, i) => records.byteOffset + i * RECORD_BYTES);
  const views = starts.map((at) => new DataView(records.buffer, at, RECORD_BYTES));
  return { sequence, delaysNs: views.map((view) => Number(sentNs - lastStamp(view))) };
}

if (import.meta.main) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) });
  server.on('listening', () => console.log('{}'));
  server.on('connection', (socket) => {
    const send = (message: ServerMessage) => socket.send(JSON.stringify(message));
    socket.once('message', () =>
      send({ type: 'welcome', protocol: PROTOCOL_VERSION, ackedSequence: 0, receivedSequence: 0 }),
    );
    socket.on('message', (data, isBinary) => {
      if (!isBinary) return;
      const { sequence, delaysNs } = delays(new Uint8Array(data as Buffer));
      for (const delayNs of delaysNs) console.log(JSON.stringify({ delayNs } satisfies SeenRecord));
      send({ type: 'ack', sequence });
    });
  });
}
