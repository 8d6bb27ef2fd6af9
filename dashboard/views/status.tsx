/** An HTTP status; an error by its mark, not by its colour alone. */
export function Status({ status }: { status: number }) {
  if (status === 0) return <span title="the payload was not read">–</span>;
  if (status < 400) return <>{status}</>;
  return (
    <span class={status < 500 ? 'warn' : 'bad'}>
      <span aria-hidden="true">{status < 500 ? '▲' : '✕'}</span> {status}
    </span>
  );
}
