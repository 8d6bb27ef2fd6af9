/** The address says which page this is; what the others need is not loaded. */
type Start = (root: Element) => void;

const PAGES: Record<string, () => Promise<Start>> = {
  '/hosts': async () => (await import('./hosts-main.tsx')).startHosts,
  '/runs': async () => (await import('./runs-main.tsx')).startRuns,
  '/health': async () => (await import('./health-main.tsx')).startHealth,
  '/compare': async () => (await import('./compare-main.tsx')).startCompare,
};
const live = async () => (await import('./live-main.tsx')).startLive;

async function open(pathname: string): Promise<void> {
  const start = await (PAGES[pathname.replace(/\/$/, '')] ?? live)();
  start(document.getElementById('page')!);
}

void open(location.pathname);
