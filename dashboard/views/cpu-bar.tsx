import { counted, MISSING } from '../format.ts';
import type { HostFacts } from '../host-facts.ts';
import { vmColour } from './vm-colour.ts';
import './cpu-bar.css';

interface Part {
  name: string;
  cpus: number;
  colour: string;
}

/** A host's CPUs as one bar: how much of them each VM's vCPUs had, all else on the host, and nobody. */
export function CpuBar({ host: { vms, others, idle, cpus } }: { host: HostFacts }) {
  const parts: Part[] = [
    ...vms.map(({ vm, ran }, i) => ({ name: vm.name, cpus: ran ?? 0, colour: vmColour(i) })),
    { name: 'all else on the host', cpus: others ?? 0, colour: 'var(--run-a)' },
    { name: 'idle', cpus: idle ?? 0, colour: 'var(--grid)' },
  ];
  const whole = Math.max(
    cpus,
    parts.reduce((sum, part) => sum + part.cpus, 0),
  );
  const words = parts.map((part) => `${part.name} ${amount(part.cpus)}`).join(', ');
  return (
    <figure class="cpu">
      <div class="cpu-bar" role="img" aria-label={`Of ${counted(cpus, 'CPU')}: ${words}.`}>
        {parts.map((part) => (
          <span
            key={part.name}
            data-part={part.name}
            style={{ width: `${(100 * part.cpus) / whole}%`, background: part.colour }}
          />
        ))}
      </div>
      <figcaption class="legend">
        {parts.map((part) => (
          <span key={part.name}>
            <span class="patch" style={{ background: part.colour }} aria-hidden="true" /> {part.name}{' '}
            <b>{amount(part.cpus)}</b>
          </span>
        ))}
        <span class="quiet">of {cpus > 0 ? counted(cpus, 'CPU') : MISSING}, last 10 s</span>
      </figcaption>
    </figure>
  );
}

function amount(cpus: number): string {
  return cpus.toFixed(2);
}
