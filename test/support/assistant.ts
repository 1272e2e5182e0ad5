import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { builtFile, NODE_FLAGS } from './built-program.js';
import type { RunningApp } from './running-app.js';

/** The revision without a handshake, or the newest of those with one. */
export type Revision = 'handshake' | 'stateless';

/** What a tool answered. */
export interface ToolResult {
  readonly text: string;
  readonly data: any;
  readonly isError: boolean;
}

/** An assistant: the official client of the Model Context Protocol. */
export class Assistant {
  private constructor(readonly client: Client) {}

  /** Over HTTP, with a bearer token. */
  static async overHttp(
    app: Pick<RunningApp, 'url'>,
    token: string | undefined,
    revision: Revision = 'stateless',
  ): Promise<Assistant> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const transport = new StreamableHTTPClientTransport(new URL(`${app.url}/mcp`), { requestInit: { headers } });
    return Assistant.connect(transport, revision);
  }

  /** Through the command line. */
  static async overStdio(env: Readonly<Record<string, string>>, revision: Revision, args: readonly string[] = []) {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [...NODE_FLAGS, builtFile('cli/cli.js'), 'mcp', ...args],
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stderr: 'ignore',
    });
    return Assistant.connect(transport, revision);
  }

  async call(name: string, input: Record<string, unknown> = {}): Promise<ToolResult> {
    const result: any = await this.client.callTool({ name, arguments: input });
    const text = result.content.map((part: any) => part.text).join('\n');
    return { text, data: result.structuredContent, isError: result.isError === true };
  }

  /** The answer's data. @throws Error for a refusal */
  async read(name: string, input: Record<string, unknown> = {}): Promise<any> {
    const { text, data, isError } = await this.call(name, input);
    if (isError) throw new Error(text);
    return data;
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private static async connect(transport: Parameters<Client['connect']>[0], revision: Revision): Promise<Assistant> {
    const mode = revision === 'stateless' ? ({ pin: '2026-07-28' } as const) : ('legacy' as const);
    const client = new Client({ name: 'assistant of the tests', version: '1' }, { versionNegotiation: { mode } });
    await client.connect(transport);
    // Answers are checked against the schemas of the list.
    await client.listTools();
    return new Assistant(client);
  }
}
