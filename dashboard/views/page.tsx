import { fault, isOtherRun, live, recent } from '../state.ts';
import { chosenRun, fixed } from '../view-range.ts';
import { Banner } from './banner.tsx';
import { ClockPanel } from './clock-panel.tsx';
import { EmptyState } from './empty-state.tsx';
import { Header } from './header.tsx';
import { HealthStrip } from './health-strip.tsx';
import { HeatPanel } from './heat-panel.tsx';
import { LatencyPanel } from './latency-panel.tsx';
import { LayerTable } from './layer-table.tsx';
import { PathPanel } from './path-panel.tsx';
import { PressurePanel } from './pressure-panel.tsx';
import { RangeBar } from './range-bar.tsx';
import { RatePanel } from './rate-panel.tsx';
import { RequestList } from './request-list.tsx';
import { RequestPanel } from './request-panel.tsx';
import { RunPending } from './run-pending.tsx';
import { TableDialog } from './table-dialog.tsx';
import './page.css';

/** The live page: empty until there is something to show, whole from then on. */
export function Page() {
  const seen = live.value !== null && (chosenRun.value !== '' || recent.value !== null || live.value.run.exchanges > 0);
  return (
    <>
      <Header />
      <Banner />
      <main>
        {live.value !== null && <HealthStrip live={live.value} />}
        {shown(seen)}
      </main>
    </>
  );
}

function shown(seen: boolean) {
  if (isOtherRun.value && fixed.value === null) return <RunPending />;
  if (seen) return <Panels />;
  return fault.value === null && <EmptyState />;
}

function Panels() {
  return (
    <div class="panels">
      <PathPanel />
      <RangeBar />
      <div class="column">
        <LatencyPanel />
        <HeatPanel />
        <RatePanel />
        <PressurePanel />
      </div>
      <div class="column">
        <LayerTable />
        <RequestList />
      </div>
      <RequestPanel />
      <ClockPanel />
      <TableDialog />
    </div>
  );
}
