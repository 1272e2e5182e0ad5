import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { PrivateNetwork } from './private-network.js';

/** A connection through the proxy: from the program to it, and from it to the server. */
interface Pair {
  readonly inner: Socket;
  readonly outer: Socket;
  silent: boolean;
}

interface ProxyOptions {
  /** Where the program is, if not in the network of the test. */
  readonly network?: PrivateNetwork | undefined;
  /** Whether a connection is cut instead of passing on this part of the server's answers. */
  readonly cuts?: (answer: Buffer) => boolean;
}

/** Stands between a program and a server, so that their connection can be harmed without harming either. */
export class TcpProxy {
  private readonly pairs = new Set<Pair>();
  private server: Server | undefined;

  private constructor(
    private target: { readonly host: string; readonly port: number },
    /** The address to be given to the program; the same after every cut. */
    readonly port: number,
    private readonly options: ProxyOptions,
  ) {}

  static async start(target: URL, options: ProxyOptions = {}): Promise<TcpProxy> {
    const { network } = options;
    const server = network ? await network.door() : createServer().listen(0, '127.0.0.1');
    if (!server.listening) await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('No port');
    const proxy = new TcpProxy({ host: target.hostname, port: Number(target.port) }, address.port, options);
    proxy.letThrough(server);
    return proxy;
  }

  /** Lets connections through. */
  async open(): Promise<void> {
    const server = createServer().listen(this.port, '127.0.0.1');
    this.letThrough(server);
    await once(server, 'listening');
  }

  /** Leads to another server from now on; connections that are open stay where they are. */
  leadTo(target: URL): void {
    this.target = { host: target.hostname, port: Number(target.port) };
  }

  /** Cuts what is connected, and refuses what comes. */
  async refuse(): Promise<void> {
    const closed = this.server && once(this.server, 'close');
    this.server?.close();
    for (const { inner, outer } of this.pairs) {
      inner.destroy();
      outer.destroy();
    }
    await closed;
  }

  /**
   * From now on nothing comes through what is connected, and nobody is told; new connections are let through. In a private
   * network the packets of the program are dropped. Otherwise the proxy takes them and does nothing with them, so the
   * operating system of the program takes the peer for alive.
   * @returns how many connections there were
   */
  silence(): number {
    const speaking = [...this.pairs].filter(({ silent }) => !silent);
    for (const pair of speaking) {
      pair.silent = true;
      if (this.options.network) continue;
      for (const socket of [pair.inner, pair.outer]) socket.unpipe().resume();
    }
    this.options.network?.drop(speaking.flatMap(({ inner }) => inner.remotePort ?? []));
    return speaking.length;
  }

  private letThrough(server: Server): void {
    this.server = server;
    server.on('connection', (inner: Socket) => {
      const pair: Pair = { inner, outer: connect(this.target), silent: false };
      this.pairs.add(pair);
      this.forward(pair, inner, pair.outer);
      this.forward(pair, pair.outer, inner);
    });
  }

  private forward(pair: Pair, from: Socket, to: Socket): void {
    const end = () => {
      if (!pair.silent) to.destroy();
      if (pair.inner.destroyed && pair.outer.destroyed) this.pairs.delete(pair);
    };
    from.on('error', end).on('close', end);
    const { cuts } = this.options;
    if (!cuts || from === pair.inner) {
      from.pipe(to);
      return;
    }
    from.on('data', (answer: Buffer) => {
      if (pair.silent) return;
      if (cuts(answer)) from.destroy();
      else to.write(answer);
    });
  }
}
