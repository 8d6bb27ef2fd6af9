import type { ComponentChildren, TargetedEvent } from 'preact';
import type { CompareView } from '../../server/wire/compare-views.ts';
import { absentLayers, boxRows, layerName, QUANTILE_NAMES, shiftRows } from '../compare-rows.ts';
import { layer, quantile, quantiles } from '../compare-state.ts';
import { formatDuration, formatShift } from '../format.ts';
import { shiftScale } from '../scale.ts';
import { BoxPlot, boxesHeight } from './box-plot.tsx';
import { EcdfPlot } from './ecdf-plot.tsx';
import { RunKey } from './run-key.tsx';
import { Segments } from './segments.tsx';
import { ShareBars } from './share-bars.tsx';
import { ShiftPlot, scaleWords } from './shift-plot.tsx';
import './compare-charts.css';

/** The pictures of a comparison. */
export function CompareCharts({ view }: { view: CompareView }) {
  return (
    <div class="charts">
      <ShiftPanel view={view} />
      <SharePanel view={view} />
      <EcdfPanel view={view} />
      <BoxPanel view={view} />
    </div>
  );
}

interface ChartPanelProps {
  id: string;
  title: string;
  /** Beside the title. */
  small: ComponentChildren;
  control?: ComponentChildren;
  children: ComponentChildren;
}

function ChartPanel({ id, title, small, control, children }: ChartPanelProps) {
  return (
    <section class="panel" id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        <span class="chart-title">{title}</span> <small>{small}</small>
        {control}
      </h2>
      {children}
    </section>
  );
}

function ShiftPanel({ view: { comparison } }: { view: CompareView }) {
  const q = quantile.value;
  const rows = shiftRows(comparison, q);
  if (rows.length === 0) {
    return (
      <ChartPanel id="shifts" title="B against A" small="per layer, along the path">
        <p class="quiet">There are too few requests for an interval at any quantile.</p>
      </ChartPanel>
    );
  }
  const told = rows.filter(({ verdict }) => verdict !== 'open');
  const words = told.map(({ name, shift }) => `${name} ${formatShift(shift)}`).join(', ') || 'none';
  const scale = scaleWords(shiftScale(rows, 1));
  const control = <Segments legend="Quantile" name="q" choices={QUANTILE_NAMES} chosen={quantile} barred={barred} />;
  return (
    <ChartPanel id="shifts" title={`B against A at ${q}`} small="per layer, along the path" control={control}>
      <ShiftPlot
        rows={rows}
        sentence={`Shift of B against A at ${q} per layer. Told from 0: ${words}. All numbers are in the table below.`}
      />
      <p class="note fine">
        Full dot: surely not 0. Hollow: not told from 0. Light band: 95&nbsp;%, for all layers and quantiles together;
        line in it: 95&nbsp;%, this number alone. {scale}
      </p>
    </ChartPanel>
  );
}

function barred(name: (typeof QUANTILE_NAMES)[number]): string | null {
  return quantiles.value.includes(name) ? null : `too few requests beyond ${name} for an interval`;
}

function SharePanel({ view: { comparison } }: { view: CompareView }) {
  const { shares } = comparison;
  const largest = shares.reduce((most, each) => ((each.share ?? 0) > (most?.share ?? 0) ? each : most), shares[0]);
  if (largest === undefined || largest.share === null) {
    return (
      <ChartPanel id="shares" title="Who carries the difference" small="of the means">
        <p class="quiet">The means of both runs may as well be the same, so there is nothing to share out.</p>
      </ChartPanel>
    );
  }
  return (
    <ChartPanel id="shares" title="Who carries the difference" small="of the means, which add up">
      <ShareBars
        shares={shares}
        sentence={`Share of each layer in the difference of the means; the largest is ${layerName(largest.layer)} with ${Math.round(100 * largest.share)} %.`}
      />
      <p class="note fine">
        Only means add up along the path; quantiles do not. A layer on the left of 0 moved against the whole.
      </p>
    </ChartPanel>
  );
}

function EcdfPanel({ view: { curves, probabilities, comparison } }: { view: CompareView }) {
  const chosen = curves.find((each) => each.layer === layer.value) ?? curves[0];
  if (chosen === undefined) return null;
  const at = shiftRows(comparison, quantile.value).find((row) => row.layer === chosen.layer);
  const name = layerName(chosen.layer);
  const reading =
    at === undefined ? '' : ` At ${quantile.value} A has ${formatDuration(at.a)}, B ${formatDuration(at.b)}.`;
  return (
    <ChartPanel
      id="ecdf"
      title={`Requests done within a time: ${name}`}
      small={<Keys />}
      control={<LayerSelect layers={curves.map((each) => each.layer)} />}
    >
      <EcdfPlot
        curves={chosen}
        probabilities={probabilities}
        at={at}
        height={boxesHeight(curves.length)}
        sentence={`Distribution of ${name} in both runs.${reading}`}
      />
    </ChartPanel>
  );
}

function Keys() {
  return (
    <>
      <RunKey of="a" /> <RunKey of="b" />
    </>
  );
}

function LayerSelect({ layers }: { layers: readonly string[] }) {
  const choose = (event: TargetedEvent<HTMLSelectElement>) => {
    layer.value = event.currentTarget.value;
  };
  return (
    <label class="layer-choice">
      <span class="unseen">Layer</span>
      <select class="control" value={layer.value} onChange={choose}>
        {layers.map((name) => (
          <option key={name} value={name}>
            {layerName(name)}
          </option>
        ))}
      </select>
    </label>
  );
}

function BoxPanel({ view }: { view: CompareView }) {
  const rows = boxRows(view);
  const absent = absentLayers(view);
  if (rows.length === 0) return null;
  return (
    <ChartPanel id="boxes" title="Where most requests lie" small={<Keys />}>
      <BoxPlot rows={rows} sentence="The middle half and the middle 90 % of every layer's times in both runs." />
      <p class="note fine">
        Box: half of the requests, the median in it. Whiskers: 5&nbsp;% to 95&nbsp;%.
        {absent.length > 0 && ` Not measured in both runs: ${absent.join(', ')}.`}
      </p>
    </ChartPanel>
  );
}
