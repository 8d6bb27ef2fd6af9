import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import './plot.css';

interface PlotProps {
  /** One sentence with the numbers, for those who do not see the picture. */
  sentence: string;
  height: number;
  /** Its content, for a width in px; asked again when the page's width changes. */
  draw: (width: number) => ComponentChildren;
}

/**
 * A picture as wide as its place. Colours are attributes with the style
 * sheet's variables, and sizes are attributes: so it can be taken out of the
 * page as it is, see picture.ts.
 */
export function Plot({ sentence, height, draw }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setWidth(Math.floor(place.current!.clientWidth));
    const observer = new ResizeObserver(measure);
    observer.observe(place.current!);
    measure();
    return () => observer.disconnect();
  }, []);
  return (
    <div class="plot-place" ref={place}>
      {width > 0 && (
        <svg class="plot" role="img" aria-label={sentence} width={width} height={height} font-size="12">
          {draw(width)}
        </svg>
      )}
    </div>
  );
}
