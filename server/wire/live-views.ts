/** What the `/live` WebSocket says: a snapshot first, then what changed. */
import type { EventView } from './event-views.ts';
import type { LayerId } from './stations.ts';
import type { Health, LayerRow, RunInfo, SecondRow } from './views.ts';

/** The same of all VMs together, as ALL_VMS; empty where there is one VM, which is all. */
export interface AllVms {
  seconds: SecondRow[];
  recent: LayerRow[];
}

/** First message on `/live`; also sent again when a slow client was skipped. */
export interface LiveSnapshot {
  type: 'snapshot';
  protocol: number;
  nowMs: number;
  run: RunInfo;
  layers: LayerId[];
  vms: string[];
  /** The last 15 minutes at most, oldest first. */
  seconds: SecondRow[];
  /** The last 10 seconds taken together, one row per VM. */
  recent: LayerRow[];
  allVms: AllVms;
  health: Health;
  /** What happened beside the requests in the last 15 minutes, oldest first. */
  events: EventView[];
}

/** Five times a second: rows replace those of the same (t, vm). */
export interface LiveTick {
  type: 'tick';
  nowMs: number;
  run: RunInfo;
  seconds: SecondRow[];
  recent: LayerRow[];
  allVms: AllVms;
  health: Health;
  /** All of them again, where they are others than before. */
  events?: EventView[];
}

export type LiveMessage = LiveSnapshot | LiveTick;
