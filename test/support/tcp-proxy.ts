import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a program and a server, so that their connection can be cut without harming either. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  private constructor(
    private readonly target: { readonly host: string; readonly port: number },
    /** The address to be given to the program; the same after every cut. */
    readonly port: number,
    private readonly cuts: (answer: Buffer) => boolean,
  ) {}

  /** @param cuts whether a connection is cut instead of passing on this part of the server's answers */
  static async start(target: URL, cuts: (answer: Buffer) => boolean = () => false): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('No port');
    server.close();
    const proxy = new TcpProxy({ host: target.hostname, port: Number(target.port) }, address.port, cuts);
    await proxy.open();
    return proxy;
  }

  /** Lets connections through. */
  async open(): Promise<void> {
    this.server = createServer((inner) => {
      const outer = connect(this.target);
      for (const [from, to] of [
        [inner, outer],
        [outer, inner],
      ] as const) {
        this.sockets.add(from);
        from
          .on('error', () => to.destroy())
          .on('close', () => {
            this.sockets.delete(from);
            to.destroy();
          });
      }
      inner.pipe(outer);
      // A cut destroys both, and what has been passed on is flushed before.
      outer.on('data', (answer: Buffer) => (this.cuts(answer) ? outer.destroy() : inner.write(answer)));
    }).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Cuts what is connected, and refuses what comes. */
  async refuse(): Promise<void> {
    const closed = this.server && once(this.server, 'close');
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
