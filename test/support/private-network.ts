import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Server } from 'node:net';
import { findOrInstall } from './system-packages.js';

/** Runs in the network: opens a door on a free port, hands it to the test, and waits for the next order. */
const DOORS = `
  const { createServer } = require('node:net');
  process.on('message', () => {
    const door = createServer().listen(0, '127.0.0.1', () => process.send('door', door, () => door.close()));
  });
  process.on('disconnect', () => process.exit());
  process.send('ready');`;

const RULES = `
  table inet silence {
    set ports { type inet_service; }
    chain input {
      type filter hook input priority 0;
      tcp sport @ports drop;
      tcp dport @ports drop;
    }
  }`;

/**
 * A network of the test's own: a Linux network namespace with nothing in it but its loopback. Packets in it can be
 * dropped, which nobody outside notices. Programs that are started in it reach servers outside through its doors.
 */
export class PrivateNetwork {
  private readonly nft = findOrInstall({ names: ['nft'], folders: systemFolders, debianPackage: 'nftables' });

  private constructor(private readonly keeper: ChildProcess) {}

  /** Why this machine lets no process have such a network; undefined where it does. */
  static obstacle(): string | undefined {
    try {
      execFileSync(unshare(), ['--net', 'true'], { stdio: 'pipe' });
      return undefined;
    } catch (error) {
      return (error as Error).message.trim();
    }
  }

  static async start(): Promise<PrivateNetwork> {
    const ip = findOrInstall({ names: ['ip'], folders: systemFolders, debianPackage: 'iproute2' });
    const keeper = spawn(unshare(), ['--net', process.execPath, '-e', DOORS], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(keeper, 'message');
    const network = new PrivateNetwork(keeper);
    network.run(ip, ['link', 'set', 'lo', 'up']);
    network.run(network.nft, ['-f', '-'], RULES);
    return network;
  }

  /** What goes before a command that is to run in this network. */
  get enter(): readonly string[] {
    return ['nsenter', `--net=/proc/${this.keeper.pid}/ns/net`];
  }

  /** A listening server of this process whose port is in the network. */
  async door(): Promise<Server> {
    this.keeper.send('door');
    const [, server] = (await once(this.keeper, 'message')) as [string, Server];
    return server;
  }

  /** From now on drops all packets of the connections that use one of these ports. */
  drop(ports: readonly number[]): void {
    this.run(this.nft, ['add', 'element', 'inet', 'silence', 'ports', `{ ${ports.join(', ')} }`]);
  }

  /** Ends it; programs in it must have ended. */
  async stop(): Promise<void> {
    const ended = once(this.keeper, 'exit');
    this.keeper.disconnect();
    await ended;
  }

  private run(command: string, args: readonly string[], input = ''): void {
    const [nsenter = '', ...others] = [...this.enter, command, ...args];
    execFileSync(nsenter, others, { input, stdio: ['pipe', 'inherit', 'inherit'] });
  }
}

function unshare(): string {
  return findOrInstall({ names: ['unshare'], debianPackage: 'util-linux' });
}

/** Debian keeps these programs out of an ordinary user's PATH. */
function systemFolders(): readonly string[] {
  return ['/usr/sbin', '/sbin'];
}
