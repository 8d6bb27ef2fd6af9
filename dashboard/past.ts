/** What the server was asked of stretches of time, beside the live stream: one signal each. */
import { signal } from '@preact/signals';
import type { EventView } from '../server/wire/event-views.ts';
import type { SeriesPoints } from '../server/wire/series-views.ts';
import type { Polled } from './ask.ts';
import type { Heat } from './heat.ts';

const nothing = <T>() => signal<Polled<T>>({ value: null, error: null });

/** The stretch in view, step by step, where the stream does not have it. */
export const stored = nothing<SeriesPoints>();
/** All of the stretch that was chosen as one point. */
export const whole = nothing<SeriesPoints>();
/** What came before the numbers of the table, as one point: they are compared with it. */
export const before = nothing<SeriesPoints>();
/** Of the stretch in view; null where nothing came. */
export const heat = nothing<Heat | null>();
/** What happened in the stretch in view, where the stream does not have it. */
export const pastEvents = nothing<EventView[]>();
/** The newest, of the stream. */
export const newestEvents = signal<readonly EventView[]>([]);
/** Why a run that was chosen cannot be looked at; null where it can, or is not known yet. */
export const runFault = signal<string | null>(null);
