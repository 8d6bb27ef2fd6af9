/** The way to one receiver. */
import type { NotifyView } from '../wire/slo-views.ts';
import type { Notice } from './notice.ts';

/** More than all alerts of a full file of objectives. */
export const MOST_WAITING = 1_000;

export interface Link {
  /** Something began or ended. */
  tell(notice: Notice): void;
  /** To be called every second. @param firing all that does @returns when what is due has been tried */
  tick(firing: readonly Notice[]): Promise<void>;
  view(): NotifyView;
}
