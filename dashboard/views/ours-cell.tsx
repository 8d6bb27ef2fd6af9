import { formatDuration, share } from '../format.ts';
import { Num } from './num.tsx';

/** Less than this share of a layer is not worth a number. */
const WORTH_TELLING = 0.01;

interface OursCellProps {
  /** Time of our programs per request that may lie in this stretch, all of it. */
  oursNs: number | null;
  meanNs: number | null;
}

/**
 * The most of a layer's mean that our own BPF programs may have added. Where
 * in the path each of them ran is not known, so every layer is told the sum of
 * its side.
 */
export function OursCell({ oursNs, meanNs }: OursCellProps) {
  if (oursNs === null || meanNs === null) return <td class="ours-part quiet">–</td>;
  const part = Math.min(1, oursNs / meanNs);
  if (!(part > WORTH_TELLING)) return <td class="ours-part quiet">&lt;&nbsp;1&nbsp;%</td>;
  const { text, unit } = share(part);
  const title = `our BPF programs on this side take ${formatDuration(oursNs)} per request in all; at most that much of ${formatDuration(meanNs)} is ours`;
  return (
    <td class="ours-part" data-ours>
      <Num of={{ text: `≤\u00a0${text}`, unit }} title={title} />
    </td>
  );
}
