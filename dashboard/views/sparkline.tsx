import './sparkline.css';

const WIDTH = 90;
const HEIGHT = 18;

/** A line of a minute or more without axes, scaled to its own maximum; `values` along seconds, NaN where missing. */
export function Sparkline({ values }: { values: readonly number[] }) {
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={linePath(values)} />
    </svg>
  );
}

/** Newest value at the right edge, whatever the length; a missing value lifts the pen. */
function linePath(values: readonly number[]): string {
  const top = values.reduce((max, v) => (v > max ? v : max), 0);
  const step = WIDTH / Math.max(59, values.length - 1);
  let down = false;
  return values
    .map((value, i) => {
      if (Number.isNaN(value)) {
        down = false;
        return '';
      }
      const x = WIDTH - (values.length - 1 - i) * step;
      const y = HEIGHT - 1 - (top > 0 ? value / top : 0) * (HEIGHT - 2);
      const pen = down ? 'L' : 'M';
      down = true;
      return `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
