import type { ComponentChildren } from 'preact';
import { Scroll } from './scroll.tsx';

interface PanelProps {
  id: string;
  title: string;
  about: string;
  children: ComponentChildren;
}

/** A part of a page, with its title. */
export function Panel({ id, title, about, children }: PanelProps) {
  return (
    <section class="panel" id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        {title} <small>{about}</small>
      </h2>
      {children}
    </section>
  );
}

interface TableProps {
  label: string;
  head: string[];
  /** So many columns from the left hold text, the others numbers. */
  texts: number;
  /** The last one, too. */
  lastText?: boolean;
  children: ComponentChildren;
}

/** What a panel has to say in rows. */
export function Table({ label, head, texts, lastText = false, children }: TableProps) {
  const isText = (i: number) => i < texts || (lastText && i === head.length - 1);
  return (
    <Scroll label={label}>
      <table>
        <thead>
          <tr>
            {head.map((name, i) => (
              <th key={name} scope="col" class={isText(i) ? 'text' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scroll>
  );
}
