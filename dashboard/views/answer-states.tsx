/** What a page says while it has no answer, when it gets none, and when the one it has grows old. */
import { formatAge } from '../format.ts';
import './banner.css';
import './empty-state.css';

export function Asking({ what }: { what: string }) {
  return (
    <p class="empty" role="status">
      Asking the server for {what} …
    </p>
  );
}

interface FailedProps {
  /** What could not be had. */
  what: string;
  /** In the server's words. */
  message: string;
  retry: () => void;
}

export function Failed({ what, message, retry }: FailedProps) {
  return (
    <section class="empty" role="alert">
      <h2 class="bad">
        <span aria-hidden="true">✕</span> Could not load {what}
      </h2>
      <p>{message}</p>
      <p>
        <button type="button" class="control button first" onClick={retry}>
          Try again
        </button>
      </p>
    </section>
  );
}

interface StaleProps {
  /** Why the newest attempt failed; null where it did not. */
  error: string | null;
  /** Of the last answer, viewer's clock; null where there was none. */
  heardMs: number | null;
  nowMs: number;
}

/** Above everything, when what is shown is not what is so now. */
export function Stale({ error, heardMs, nowMs }: StaleProps) {
  return (
    <div role="alert">
      {error !== null && heardMs !== null && (
        <p class="banner warn">
          <span aria-hidden="true">▲</span> The server does not answer: {error}. What is shown is{' '}
          {formatAge(nowMs - heardMs)} old.
        </p>
      )}
    </div>
  );
}
