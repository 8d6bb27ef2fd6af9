/** What the browser keeps of a viewer's choices; one that keeps nothing forgets them with the page. */

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`hopscope.${name}`);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`hopscope.${name}`, value);
  } catch {
    // it holds for this page then
  }
}
