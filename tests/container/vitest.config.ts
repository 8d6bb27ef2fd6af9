import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** `npm run test:container`: apart from `npm test`, because it needs root, dockerd and some minutes. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    include: ['tests/container/*.container.ts'],
    testTimeout: 120_000,
    hookTimeout: 1_200_000,
  },
});
