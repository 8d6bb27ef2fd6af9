/** What happened beside the requests, to be marked where they are drawn over time. */

/**
 * `run`: one began, went on or ended; `gap`: an agent was away; `clock`: something happened to a clock; `plant`: an
 * experiment slowed something on purpose; `config`: a machine came back as another one; `note`: what a person wrote.
 */
export const EVENT_KINDS = ['run', 'gap', 'clock', 'plant', 'config', 'note'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface EventView {
  kind: EventKind;
  fromMs: number;
  /** The same as `fromMs` of a moment; null while it lasts. */
  toMs: number | null;
  /** For people, without the kind. */
  text: string;
  /** Id of the run that it is of; null where it is of the machines. */
  run: string | null;
}
