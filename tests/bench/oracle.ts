/**
 * Hopscope against an independent oracle: tcpdump on the uplink, on the tap and
 * in the guest while Hopscope runs under load, tshark's own TCP and HTTP analysis
 * of the three captures, and Nginx' access log; request by request, found by the
 * nonce in each URL, which Hopscope never reads. Exits 1 when a target is missed.
 * Needs root, and Debian's tcpdump and tshark on this machine.
 *   --quick  10 s of load of each kind instead of 45    --json  one JSON object
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LoadSummary, PathView, Summary } from '../../server/wire/views.ts';
import { LabRun } from '../vm/lab-run.ts';
import { type CaptureEnd, Captures, PLACES, type Place, setSegments } from './oracle-captures.ts';
import { type Differences, judge, type Verdict } from './oracle-judge.ts';
import { drive, KINDS, type LoadKind, noncePrefix, saturation } from './oracle-load.ts';
import { readAccessLog } from './oracle-log.ts';
import { PathReader } from './oracle-paths.ts';
import { readCapture } from './oracle-tshark.ts';

const { quick = false, json = false } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' } },
}).values;
const SECONDS = quick ? 10 : 45;
const SHARE_OF_SATURATION = 0.7;
/** The lab's own load: so little that the bench's is told to be over by a pause. */
const LAB_LOAD = ['--rate', '0.1', '--connections', '1'];
const JOINED_TARGET = 0.999;
const WINDOW_TARGET_NS = 50_000;

interface Measured {
  kind: LoadKind;
  saturation: number;
  load: LoadSummary;
  captures: Record<Place, CaptureEnd>;
}

interface Row extends Verdict {
  kind: string;
  /** Answers a second in a closed loop, and the open-loop rate. */
  saturation: number;
  rate: number;
  /** What the generator sent, and had answers to in time. */
  sent: number;
  answered: number;
  isCopied: boolean;
  /** Packets that no tcpdump could keep. */
  dropped: number;
  /** Wrong joins while the guest was saturated. */
  wrongAtSaturation: number;
}

function checkTools(): void {
  const missing = ['tcpdump', 'tshark'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
  if (missing.length === 0) return;
  console.error(
    `bench:oracle needs ${missing.join(' and ')}: apt-get install --no-install-recommends ${missing.join(' ')}`,
  );
  process.exit(2);
}

async function measure(run: LabRun, kind: LoadKind, reader: PathReader, folder: string): Promise<Measured> {
  await setSegments(run, kind.segments);
  const captures = await Captures.start(run, folder);
  const full = await saturation(run.clientNamespace, kind);
  const rate = Math.max(1, Math.floor(full * SHARE_OF_SATURATION));
  reader.expect(full);
  await reader.quiet();
  const seconds = Math.min(SECONDS, kind.mostRequests / rate);
  const load = await drive(run.clientNamespace, kind, rate, seconds);
  await reader.quiet();
  return { kind, saturation: Math.round(full), load, captures: await captures.stop() };
}

async function verdict(
  { kind, saturation, load, captures }: Measured,
  paths: PathView[],
  log: Awaited<ReturnType<typeof readAccessLog>>,
): Promise<Row> {
  const { uplink, tap, guest } = captures;
  const [atUplink, atTap] = await Promise.all([readCapture(uplink.file), readCapture(tap.file)]);
  const evidence = { uplink: atUplink, tap: atTap, guest: await readCapture(guest.file), log };
  const stage = (name: 'probe' | 'load') => judge(paths, evidence, (uri) => uri.startsWith(noncePrefix(kind, name)));
  return {
    ...{ kind: kind.name, saturation, rate: load.rate, sent: load.sent, answered: load.answered },
    isCopied: kind.isCopied ?? false,
    dropped: PLACES.reduce((sum, place) => sum + captures[place].dropped, 0),
    wrongAtSaturation: stage('probe').wrongJoins,
    ...stage('load'),
  };
}

function missedTargets(rows: readonly Row[], unread: number): string[] {
  const missed: string[] = [];
  const want = (holds: boolean, what: string) => {
    if (!holds) missed.push(what);
  };
  want(unread === 0, `not comparable: the bench read the API too slowly and has ${unread} paths not`);
  for (const row of rows) {
    const { kind, exchanges, found, answered, sent } = row;
    want(row.dropped === 0, `${kind}: not comparable, tcpdump lost ${row.dropped} packets`);
    const isAll = exchanges >= answered && exchanges <= sent;
    want(isAll, `${kind}: not comparable, tshark has ${exchanges} exchanges of ${answered}`);
    want(found === exchanges, `${kind}: ${exchanges - found} of ${exchanges} exchanges not found`);
    want(found >= JOINED_TARGET * answered, `${kind}: joined ${percent(found / answered)}`);
    want(row.swapped === 0, `${kind}: ${row.swapped} exchanges in another order on their connection`);
    const wrong = row.wrongJoins + row.wrongAtSaturation;
    want(wrong === 0, `${kind}: ${wrong} wrong joins`);
    for (const place of ['tap', 'nic'] as const) {
      const { compared, p99 } = row[place];
      want(compared === found, `${kind}: the ${place} window of ${found - compared} exchanges cannot be compared`);
      want(
        row.isCopied || (p99 !== null && p99 <= WINDOW_TARGET_NS),
        `${kind}: ${place} window ${micro(p99)} µs p99 > ${WINDOW_TARGET_NS / 1000} µs`,
      );
    }
  }
  return missed;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share === 1 ? 0 : 2)} %`;
}

function micro(ns: number | null): string {
  return ns === null ? '-' : (ns / 1000).toFixed(1);
}

function print(rows: readonly Row[], missed: readonly string[], summary: Summary): void {
  const { kernel, driver } = summary.provenance.guest ?? {};
  console.log(
    `oracle: tcpdump and tshark against Hopscope; ${driver} on ${kernel}, ${SECONDS} s of each load at 70 % of saturation`,
  );
  console.log("|ours − tshark's| of each window in µs, p50/p99\n");
  const columns: [string, (row: Row) => string | number][] = [
    ['load', ({ kind }) => kind],
    ['full/s', ({ saturation }) => saturation],
    ['req/s', ({ rate }) => rate],
    ['tshark', ({ exchanges }) => exchanges],
    ['found', ({ found, exchanges }) => percent(found / exchanges)],
    ['swapped', ({ swapped }) => swapped],
    ['crossed', ({ crossed }) => crossed],
    ['wrong', ({ wrongJoins, wrongAtSaturation }) => wrongJoins + wrongAtSaturation],
    ['joined', ({ found, answered, exchanges }) => percent(found / Math.max(answered, exchanges))],
    ...(['tap', 'nic', 'guest', 'whole'] as const).map((place): [string, (row: Row) => string] => [
      place,
      (row) => pair(row[place]),
    ]),
    ['lost', ({ dropped }) => dropped],
  ];
  const cells = [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, cell]) => String(cell(row))))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  for (const row of cells) {
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '));
  }
  console.log(`
tap: tap.tx → tap.rx    nic: nic.rx → nic.tx    whole: nic.rx → last byte at nic.tx
guest: vnic.rx → vnic.tx. tcpdump in the guest stamps after the driver's hand-over on the way in and
before it on the way out, with our own programs in between: no target, for comparison only.
by TSO: tcpdump copies 64 KiB before whoever stamps next sees the packet: no target for its windows either.
crossed: on two connections, and by more than 50 µs the other way round. lost: packets no tcpdump kept.\n`);
  for (const { kind, examples } of rows) for (const example of examples) console.log(`${kind}: ${example}`);
  console.log(missed.length === 0 ? 'every target is met' : missed.map((m) => `missed: ${m}`).join('\n'));
}

function pair({ p50, p99 }: Differences): string {
  return `${micro(p50)}/${micro(p99)}`;
}

checkTools();
const folder = mkdtempSync(join(tmpdir(), 'hopscope-oracle-'));
const run = await LabRun.start('--shell', ...LAB_LOAD);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => run.child.kill('SIGTERM'));
try {
  const first = await run.joined(1, 180_000);
  const reader = new PathReader(run);
  const measured: Measured[] = [];
  for (const [i, kind] of KINDS.entries()) {
    const own = join(folder, String(i));
    mkdirSync(own);
    measured.push(await measure(run, kind, reader, own));
  }
  const { paths, unread } = await reader.end();
  const log = await readAccessLog(run.hostNamespace);
  // Frees the machine for tshark.
  await run.stop();
  const rows: Row[] = [];
  for (const each of measured) rows.push(await verdict(each, paths, log));
  const missed = missedTargets(rows, unread);
  if (json) console.log(JSON.stringify({ benchmark: 'oracle', node: process.version, quick, rows, missed }));
  else print(rows, missed, first);
  if (missed.length > 0) process.exitCode = 1;
} finally {
  await run.stop();
  rmSync(folder, { recursive: true, force: true });
}
