/** The page is larger on a wall screen (layout.css). What the browser tells in px of the window is here made px of the page. */

/** 1 where the page is as large as usual; browsers that cannot tell do not enlarge it either. */
export function pageZoom(element: Element): number {
  return (element as { currentCSSZoom?: number }).currentCSSZoom ?? 1;
}

/** Where an element stands, and its size, px of the page. */
export function placeOf(element: Element): { left: number; top: number; width: number; height: number } {
  const zoom = pageZoom(element);
  const { left, top, width, height } = element.getBoundingClientRect();
  return { left: left / zoom, top: top / zoom, width: width / zoom, height: height / zoom };
}
