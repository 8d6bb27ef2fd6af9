// An app behind Nginx: /app/sleep/<ms> answers after that many milliseconds.
import { createServer } from 'node:http';

createServer((request, response) => {
  const delayMs = Number(/^\/app\/sleep\/(\d{1,3})$/.exec(request.url)?.[1] ?? 0);
  setTimeout(() => response.end('ok\n'), delayMs);
}).listen('/run/hopscope/app.sock');
