/** A report as one HTML file: no script, no font, nothing from elsewhere. Made of its data alone, byte for byte. */
import { compositeParts, compositeSentence } from '../slo/composite.ts';
import { TALLIES } from '../slo/indicator.ts';
import { verdictOn } from '../slo/verdict.ts';
import { partWords } from '../slo/verdict-sentence.ts';
import type { CompositeData, EpisodeData, EpisodeRow, EpisodeVerdict } from '../wire/episode-views.ts';
import { attribution, timeline, waterfall } from './charts.ts';
import { clock, escaped, moment, permille, reading, section, table, time } from './markup.ts';
import type { ReportData } from './report-data.ts';
import { REPORT_STYLE } from './report-style.ts';

const MINUTE_MS = 60_000;
const EXEMPLARS = 5;
export const DATA_OPEN = '<script type="application/json" id="data">';
export const DATA_CLOSE = '</script>';

/** @param digestOf of a text: stands in the report, so that a changed digit anywhere shows */
export function reportHtml(data: ReportData, digestOf: (text: string) => string): string {
  // What ends a script may not stand in it.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  const { episode } = data;
  const verdict = verdictOn(episode);
  const body = [
    `<h1>${escaped(data.question)}</h1>`,
    `<p class="verdict ${verdict.side}">${escaped(verdict.sentence)}</p>`,
    ...verdict.doubts.map((doubt) => `<p class="doubt">It cannot know: ${escaped(doubt)}.</p>`),
    section('Objective and counts', countsPart(data)),
    ...(episode.composite === undefined ? [] : [section('Composite SLO', compositePart(episode.composite))]),
    section('Timeline', timeline(episode) + marksPart(episode)),
    section('Where the excess lies', attributionPart(verdict)),
    section('Evidence', evidencePart(verdict)),
    section('Requests', exemplarsPart(episode)),
    ...data.facts.map(({ what, lines }) =>
      section(what, table([['what', 'value'], ...lines.map((line) => line.map(escaped))])),
    ),
    section('Method', methodPart(verdict)),
    `<footer>Made ${moment(data.madeMs)} UTC by Hopscope ${escaped(data.hopscope)}. SHA-256 of the data: <code>${digestOf(json)}</code>. ` +
      'Every number above follows from the data in this file: <code>hopscope slo verify FILE</code> makes them again.</footer>',
  ];
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${escaped(data.question)}</title><style>${REPORT_STYLE}</style></head><body>\n${body.join('\n')}\n` +
    `${DATA_OPEN}${json}${DATA_CLOSE}\n</body></html>\n`
  );
}

function countsPart({ episode, alerts }: ReportData): string {
  const { window, baseline } = episode;
  const sums = [window, baseline].map(({ fromMs, toMs }) => {
    const own = episode.minutes.filter(([minute]) => (minute! + 1) * MINUTE_MS > fromMs && minute! * MINUTE_MS < toMs);
    return TALLIES.map((_, i) => own.reduce((sum, minute) => sum + minute[i + 1]!, 0));
  }) as [number[], number[]];
  const words = [
    'requests judged',
    'good',
    'time not measured',
    'long polls, left out',
    'health checks, left out',
    'multiplexed, left out',
  ];
  const bad = ['bad', ...sums.map(([total, good]) => String(total! - good!))];
  const rows = words.map((word, i) => [word, ...sums.map((sum) => String(sum[i]))]);
  return (
    `<p>${escaped(episode.promise)}. Objective <b>${escaped(episode.objective)}</b> of service ${escaped(episode.service)}.</p>` +
    `<p>Asked about ${moment(window.fromMs)} to ${moment(window.toMs)} UTC, compared with ${moment(baseline.fromMs)} to ${moment(baseline.toMs)}; ` +
    `${episode.notMeasured.length} minutes of it were not measured. Counts are of whole minutes and of every request.</p>` +
    table([['', 'during', 'before'], ...rows.slice(0, 2), bad, ...rows.slice(2)], [1, 2]) +
    alerts.map((alert) => `<p>${escaped(alert)}</p>`).join('')
  );
}

function compositePart(composite: CompositeData): string {
  const rows = compositeParts(composite).map(({ objective, weight, burn, permille: share }) => [
    ...[escaped(objective), String(weight), burn === null ? 'no requests' : burn.toFixed(2), permille(share)],
  ]);
  return (
    `<p>${escaped(compositeSentence(composite))}</p>` +
    table([['part', 'weight', 'burn of its own budget', 'share of what burns'], ...rows], [1, 2, 3]) +
    '<p>Over the whole minutes of the window. A part counts as much as it weighs times how fast its own budget burns; OpenSLO gives weights and no formula.</p>'
  );
}

function marksPart({ marks }: EpisodeData): string {
  return marks.map(({ atMs, what }) => `<p>${clock(atMs)} ${escaped(what)}</p>`).join('');
}

function attributionPart({ parts, sides, requests }: EpisodeVerdict): string {
  if (parts.length === 0) return '<p>Undetermined: see above.</p>';
  const rows = parts.map(({ part, side, excessNs, lowNs, highNs, permille: share }) => [
    ...[escaped(partWords(part)), side ?? 'nobody alone', time(excessNs)],
    ...[`${time(lowNs)} to ${time(highNs)}`, permille(share)],
  ]);
  const sum = parts.reduce((all, { permille: share }) => all + (share ?? 0), 0);
  const total = parts.reduce((all, { excessNs }) => all + excessNs, 0);
  rows.push(['all', '', time(total), '', parts[0]!.permille === null ? permille(null) : permille(sum)]);
  const perSide = sides.map(
    ({ side, permille: share, low, high }) => `${side} ${permille(share)} (${permille(low)} to ${permille(high)})`,
  );
  return (
    `<p>Mean of ${requests.bad} bad requests less mean of ${requests.usual} usual ones, with 95 % intervals. ${perSide.join('; ')}</p>` +
    attribution(parts) +
    table([['where', 'side', 'excess', 'interval', 'share'], ...rows], [2, 3, 4])
  );
}

function evidencePart({ evidence, neighbour, process }: EpisodeVerdict): string {
  const rows = evidence.map(({ what, during, before, unit }) => [
    escaped(what),
    reading(during, unit),
    reading(before, unit),
  ]);
  const taker = neighbour === null ? process && `The program ${process}` : `VM ${neighbour}`;
  const who = taker === null ? '' : `<p>${escaped(taker)} took the CPU: it ran more while ours waited more.</p>`;
  return who + table([['what', 'during', 'before'], ...rows], [1, 2]);
}

function exemplarsPart({ bad, usual, slowest }: EpisodeData): string {
  const ids = new Set(slowest.map(({ id }) => id));
  const slow = [...slowest, ...bad.filter(({ id }) => !ids.has(id)).toSorted(slowestFirst)].slice(0, EXEMPLARS);
  const median = usual.toSorted(slowestFirst)[usual.length >> 1]?.endToEndNs ?? 0;
  const far = ({ endToEndNs }: EpisodeRow) => Math.abs((endToEndNs ?? Number.MAX_SAFE_INTEGER) - median);
  const normal = usual.toSorted((a, b) => far(a) - far(b)).slice(0, EXEMPLARS);
  const longest = [...slow, ...normal].reduce((most, { endToEndNs }) => Math.max(most, endToEndNs ?? 0), 1);
  const rows = (all: readonly EpisodeRow[]) =>
    all.map((row) => [
      ...[
        escaped(row.id),
        clock(row.atMs),
        escaped(row.vm),
        escaped(row.request),
        String(row.status),
        time(row.endToEndNs),
      ],
      ...[reading(row.boundNs, '± ns'), waterfall(row, longest)],
    ]);
  const head = ['id', 'at', 'VM', 'request', 'status', 'end to end', 'clock', 'parts, in the order of the path'];
  return `<h3>Slow</h3>${table([head, ...rows(slow)], [5, 6])}<h3>Usual, from before</h3>${table([head, ...rows(normal)], [5, 6])}`;
}

function slowestFirst(a: EpisodeRow, b: EpisodeRow): number {
  return (b.endToEndNs ?? -1) - (a.endToEndNs ?? -1);
}

function methodPart({ requests }: EpisodeVerdict): string {
  return (
    '<p>Every request is timestamped by eBPF on the host and in the guest, and counted before anything is sampled. ' +
    'Parts of a request add up to its time at the host NIC exactly, in whole nanoseconds; the vNIC part is the host’s window less the guest’s and needs no clock between them. ' +
    `The excess of a part is the mean of ${requests.bad} bad requests less the mean of ${requests.usual} usual ones from before; intervals come from resampling blocks of time. ` +
    'A side is named only where the lower end of its interval is above half of the excess; guest time counts for the platform only while the VM waited for a CPU and did not run more. ' +
    'An interval is of the mean, not of a single request; nothing here says why a layer was slow, only that it was.</p>'
  );
}
