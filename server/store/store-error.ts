/** A store that cannot be had; the message says what to do. */
export class StoreError extends Error {}
