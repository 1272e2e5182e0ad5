import type { Socket } from 'socket.io';

/** Why a socket ends, as its client is told. */
export interface SocketEnd {
  readonly code: string;
  readonly message: string;
}

/** A socket that has shown whose it is. */
export type UserSocket = Socket<
  Record<string, never>,
  Record<string, (payload: unknown) => void>,
  Record<string, never>,
  /** Times in milliseconds since 1970. No more of the token is kept, because it costs memory for every socket. */
  {
    userId: string;
    issuedAt: number | undefined;
    expiresAt: number | undefined;
    /** The session, or the token of a program, that it ends with. */
    endsWith: { readonly id: string; readonly error: SocketEnd } | undefined;
  }
>;
