import { useState } from 'preact/hooks';
import type { CompareView } from '../../server/wire/compare-views.ts';
import { errorText } from '../ask.ts';
import { comparisonCsv } from '../compare-csv.ts';
import { download } from '../download.ts';
import { pictureOf } from '../picture.ts';

/** What can be taken away from a comparison. */
export function CompareActions({ view: { comparison } }: { view: CompareView }) {
  const [said, say] = useState('');
  const { a, b, shifts, sentence } = comparison;
  const file = `${a.name}-${b.name}`.replaceAll(/[^\w.-]+/g, '-');
  const attempt = (act: () => Promise<string>) => () => {
    act().then(say, (error) => say(errorText(error)));
  };
  const csv = async () => {
    download(`${file}.csv`, new Blob([comparisonCsv(comparison)], { type: 'text/csv' }));
    return 'CSV made';
  };
  const png = async () => {
    const lines = [
      sentence,
      `A, dashed: ${a.name}, ${a.requests} requests. B, full: ${b.name}, ${b.requests} requests.`,
    ];
    download(`${file}.png`, await chartsPicture(lines));
    return 'PNG made';
  };
  return (
    <div class="controls">
      <span class="quiet" role="status">
        {said}
      </span>
      <button type="button" class="control button" onClick={attempt(copyLink)}>
        Copy link
      </button>
      {shifts.length > 0 && (
        <>
          <button type="button" class="control button" onClick={attempt(csv)}>
            CSV
          </button>
          <button type="button" class="control button" onClick={attempt(png)}>
            PNG
          </button>
        </>
      )}
    </div>
  );
}

/** Browsers keep the clipboard from pages that came by plain HTTP from another machine. */
async function copyLink(): Promise<string> {
  if (navigator.clipboard === undefined) return 'Copy it from the address bar';
  await navigator.clipboard.writeText(location.href);
  return 'Link copied';
}

function chartsPicture(heading: readonly string[]): Promise<Blob> {
  const place = document.querySelector('.charts')!;
  const pictures = [...place.querySelectorAll('.panel')].flatMap((panel) => {
    const svg = panel.querySelector<SVGSVGElement>('svg.plot');
    return svg === null ? [] : [{ svg, title: textOf(panel, '.chart-title'), note: textOf(panel, '.note') }];
  });
  return pictureOf(heading, pictures, place);
}

function textOf(panel: Element, selector: string): string {
  return panel.querySelector(selector)?.textContent ?? '';
}
