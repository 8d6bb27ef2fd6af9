/** Choosing a stretch of time on the live page as a person does. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Of `#latency`, from one share of its drawing to another. */
export async function drag(page: Page, from: number, to: number): Promise<void> {
  const box = (await page.locator('#latency canvas').boundingBox())!;
  // Beside it are 62 px of axis and 8 px of room.
  const at = (share: number) => box.x + 62 + share * (box.width - 70);
  await page.mouse.move(at(from), box.y + 60);
  await page.mouse.down();
  await page.mouse.move(at((from + to) / 2), box.y + 70, { steps: 4 });
  await page.mouse.move(at(to), box.y + 70, { steps: 4 });
  expect(await page.locator('#latency .brush').count()).toBe(1);
  await page.mouse.up();
}
