/** One connection to the server, however it gets there. Losing it is no error: the uplink opens the next. */

export interface Link {
  /** Text is a control message, bytes are a frame; silently dropped once the link is lost. */
  send(data: string | Uint8Array): void;
  /** Bytes that were given to `send` and have not left this process. */
  readonly queuedBytes: number;
  /** What was sent still goes out; `lost` is not called any more. */
  close(): void;
}

export interface LinkEvents {
  /** May be used; `localAddress` is empty where the link is no network connection. */
  open(localAddress: string): void;
  /** A control message of the server. */
  text(message: string): void;
  /** Once at most, with what to tell a person. */
  lost(reason: string): void;
}

export interface Route {
  /** How to name it to a person. */
  readonly name: string;
  /** Whether several links may be open at a time. */
  readonly carriesMany: boolean;
  /** Opens a link; events come after it has returned. */
  open(events: LinkEvents): Link;
}
