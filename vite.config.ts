import { join } from 'node:path';
import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

const SERVER = 'http://127.0.0.1:7117';

export default defineConfig({
  root: join(import.meta.dirname, 'dashboard'),
  plugins: [preact()],
  build: { outDir: '../dist/dashboard', emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false } },
  server: {
    host: '127.0.0.1',
    // The page imports the contract from ../server/wire.
    fs: { allow: ['..'] },
    proxy: { '/api': SERVER, '/live': { target: SERVER, ws: true } },
  },
});
