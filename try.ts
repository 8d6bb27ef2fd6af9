import { mkdtempSync } from 'node:fs';
import { killAgainAndAgain } from './tests/server/killed-server.ts';

const folder = mkdtempSync('/tmp/e/try/k');
console.log(
  await killAgainAndAgain({
    folder,
    kills: Number(process.argv[2]),
    rate: 500,
    livesMs: [50, 1_500],
    lonelyEvery: 997,
  }),
);
