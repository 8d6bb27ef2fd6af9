import type { ComponentChildren } from 'preact';
import { BreachBadge } from './breach-badge.tsx';
import { Palette } from './palette.tsx';
import './site-header.css';

const PAGES = [
  { path: '/', name: 'Live' },
  { path: '/path', name: 'Path' },
  { path: '/requests', name: 'Requests' },
  { path: '/hosts', name: 'Hosts & VMs' },
  { path: '/runs', name: 'Runs' },
  { path: '/compare', name: 'Compare' },
  { path: '/slo', name: 'SLA' },
  { path: '/health', name: 'Health' },
] as const;

interface SiteHeaderProps {
  /** Which of the pages this is. */
  at: (typeof PAGES)[number]['path'];
  /** Beside the page's links. */
  children?: ComponentChildren;
}

/** The name, the way to the other pages, and what a page has to say or to set. */
export function SiteHeader({ at, children }: SiteHeaderProps) {
  return (
    <header class="bar">
      <h1>Hopscope</h1>
      <nav class="pages" aria-label="Pages">
        {PAGES.map(({ path, name }) => (
          <a key={path} href={path} aria-current={path === at ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <BreachBadge />
      {children}
      <Palette />
    </header>
  );
}
