/** The one error of the API's boundary: a status, a code for programs, and a next step for people. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import * as z from 'zod';
import type { ApiError } from './wire/views.ts';

export type ApiErrorCode =
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'too-large'
  | 'too-many-requests'
  | 'busy'
  | 'internal';

const STATUS: Record<ApiErrorCode, number> = {
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'too-large': 413,
  'too-many-requests': 429,
  busy: 503,
  internal: 500,
};

export class RequestError extends Error {
  readonly code: ApiErrorCode;
  constructor(code: ApiErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function errorBody(code: ApiErrorCode, message: string): ApiError {
  return { error: { code, message } };
}

/** @throws RequestError `bad-request` that names each wrong field */
export function checked<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new RequestError('bad-request', z.prettifyError(result.error));
}

/** Errors of express's own parts carry a status and mean the client; everything else is ours. */
function asRequestError(error: unknown): RequestError | null {
  if (error instanceof RequestError) return error;
  const status = (error as { status?: unknown }).status;
  if (status === 413) return new RequestError('too-large', 'the body is larger than 64 KiB');
  if (typeof status !== 'number' || status < 400 || status >= 500) return null;
  const { message } = error as Error;
  const isBody = (error as { type?: unknown }).type === 'entity.parse.failed';
  return new RequestError('bad-request', isBody ? `the body is not a JSON object: ${message}` : message);
}

export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const known = asRequestError(error);
    if (known === null) log.error({ err: error, url: request.url }, 'request failed');
    const code = known?.code ?? 'internal';
    const message = known?.message ?? 'the server failed to answer; its log has the reason';
    response.status(STATUS[code]).json(errorBody(code, message));
  };
}

export const notFound: RequestHandler = (request) => {
  throw new RequestError(
    'not-found',
    `there is no ${request.method} ${request.originalUrl.slice(0, 200)}: see /api/runs, /api/health, /metrics`,
  );
};
