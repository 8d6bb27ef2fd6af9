import type { Indicator } from '../slo/indicator.ts';
import type { MinuteCounts } from '../slo/minute-counts.ts';

/** What is counted by the minute for objectives, kept beside the paths and as safe as they are. */
export interface MinuteStore {
  /** What is appended or amended from now on counts for these: every request of it, whatever is kept one by one. */
  countBy(indicators: readonly Indicator[]): Promise<void>;
  /** A run that is brought in from elsewhere: what it promised, it promised there. */
  leaveOut(run: string): void;
  /** Something that no request brings: kept, and given back, as if one had. */
  add(minutes: readonly MinuteCounts[]): void;
  /** What was added to minutes, and made safe, since this was called the last time. */
  take(): MinuteCounts[];
  /** Which series there are. */
  series(): Promise<string[]>;
  /** A series as it was made safe, oldest first, by servers before this one too. */
  all(series: string): Promise<MinuteCounts[]>;
}
