/** The address says which page this is; what the others need is not loaded. */
import { followBreaches } from './breaches.ts';
import { followKeys } from './keyboard.ts';
import { followTheme } from './theme.ts';

type Start = (root: Element) => void;

const PAGES: Record<string, () => Promise<Start>> = {
  '/path': async () => (await import('./path-main.tsx')).startPath,
  '/requests': async () => (await import('./requests-main.tsx')).startRequests,
  '/hosts': async () => (await import('./hosts-main.tsx')).startHosts,
  '/runs': async () => (await import('./runs-main.tsx')).startRuns,
  '/slo': async () => (await import('./slo-main.tsx')).startSlo,
  '/health': async () => (await import('./health-main.tsx')).startHealth,
  '/compare': async () => (await import('./compare-main.tsx')).startCompare,
};
const live = async () => (await import('./live-main.tsx')).startLive;

async function open(pathname: string): Promise<void> {
  const start = await (PAGES[pathname.replace(/\/$/, '')] ?? live)();
  start(document.getElementById('page')!);
}

followTheme();
followKeys();
followBreaches();
void open(location.pathname);
