/** The built dashboard's files; any other page address is the dashboard's own to route. */
import { join } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';
import { RequestError } from './api-error.ts';

/** @param directory built by `npm run build`; may be missing, then pages say so */
export function dashboardFiles(directory: string): Router {
  const router = express.Router();
  // Names under assets/ carry a hash of their content.
  router.use(
    '/assets',
    express.static(join(directory, 'assets'), { immutable: true, maxAge: '1y', fallthrough: true }),
  );
  router.use(express.static(directory, { index: false, maxAge: 0 }));
  router.use(page(directory));
  return router;
}

function page(directory: string): RequestHandler {
  return (request, response, next) => {
    const isPage =
      request.method === 'GET' && request.accepts(['html', 'json']) === 'html' && !/\.\w+$/.test(request.path);
    if (!isPage) {
      next();
      return;
    }
    response.sendFile('index.html', { root: directory, headers: { 'Cache-Control': 'no-cache' } }, (error?: Error) => {
      if (error === undefined || error === null) return;
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      next(
        missing
          ? new RequestError('not-found', 'the dashboard is not built: run npm run build, or give --dashboard DIR')
          : error,
      );
    });
  };
}
