import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Two cores, real guests and namespaces: files run one after the other.
    fileParallelism: false,
    // As in hopscope.ts.
    execArgv: ['--wasm-wrapper-tiering-budget=2000000000'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
