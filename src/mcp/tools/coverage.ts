import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { PlatformDirectory } from '../../connectors/platform-access.js';
import { PlatformStatus, type ConnectionView } from '../../connectors/platform-status.js';
import { platformTitle } from '../../platforms/platform-titles.js';
import type { SignatureDocument } from '../../soul-signature/document/signature.js';
import { SignatureReadings, type KindCount } from '../../soul-signature/signature-readings.js';
import { SoulSignatureService } from '../../soul-signature/soul-signature.service.js';
import { isoDay, type CoverageGap } from '../../soul-signature/statistics/statistics.js';
import { paragraphs, withheldLines } from '../answers.js';
import {
  forbiddingAmong,
  ModelRuleBook,
  withheld,
  withheldParts,
  type ModelRules,
  type WithheldPart,
} from '../model-rules.js';
import { countWords } from '../number-words.js';
import { teller, tellerLine, tellersOn } from '../tellers.js';
import type { Tool, ToolAnswer } from '../tool.js';

const input = z.strictObject({});

const platformSeen = z.object({
  platform: z.string(),
  title: z.string(),
  connection: z.string().describe('connected, syncing, expiring, needs_reconnect, disconnected; or none'),
  lastRead: z.string().nullable(),
  problem: z.string().nullable().describe('What kept the last reading from being whole'),
  from: z.string().nullable().describe('UTC date of the first act that the latest version knows of'),
  to: z.string().nullable(),
  activeDays: z.number().nullable(),
  kinds: z.array(z.object({ kind: z.string(), items: z.number(), withheld: z.boolean() })),
  toldBy: z.array(teller),
  notSeen: z.array(z.string()).describe('What could not be seen, in words'),
  gaps: z
    .array(z.object({ kind: z.string(), from: z.string(), to: z.string() }))
    .describe('UTC days seen only in part'),
});

const output = z.object({
  version: z.number().nullable().describe('The latest version of the signature; null where there is none yet'),
  timeZone: z.string().nullable().describe('Without one nothing is said of hours'),
  platforms: z.array(platformSeen),
  notConnected: z
    .array(z.string())
    .describe('Platforms that could be connected here and are not: nothing is known of them'),
  withheld: withheldParts,
});

type Output = z.output<typeof output>;
type Seen = z.output<typeof platformSeen>;

/** What is known of a person's platforms today. */
interface Known {
  readonly document: SignatureDocument | undefined;
  readonly kinds: readonly KindCount[];
  readonly status: Readonly<Record<string, ConnectionView>>;
  readonly gaps: readonly CoverageGap[];
  readonly rules: ModelRules;
}

/** What was seen and what was not. */
@Injectable()
export class Coverage implements Tool<typeof input, typeof output> {
  readonly name = 'coverage';
  readonly title = 'What was seen, and what was not';
  readonly description =
    'Tells what was read of each platform and from when to when, who told it, and what could not be seen. Ask it before ' +
    'you conclude anything from what is not there: silence is not absence.';
  readonly scope = 'signature:read';
  readonly input = input;
  readonly output = output;

  constructor(
    private readonly readings: SignatureReadings,
    private readonly signatures: SoulSignatureService,
    private readonly directory: PlatformDirectory,
    private readonly status: PlatformStatus,
    private readonly ruleBook: ModelRuleBook,
  ) {}

  async answer(userId: string): Promise<ToolAnswer<Output>> {
    const latest = await this.signatures.latest(userId);
    const platforms = await this.signatures.platformsOf(userId);
    const { status } = await this.status.of(userId);
    const known: Known = {
      document: latest?.document,
      kinds: await this.readings.kinds(userId),
      status,
      gaps: await this.readings.gaps(userId, platforms),
      rules: await this.ruleBook.of(userId),
    };
    const data: Output = {
      version: latest?.version ?? null,
      timeZone: latest?.document.zone?.iana ?? null,
      platforms: platforms.map((platform) => seenOf(platform, known)),
      notConnected: this.directory
        .list()
        .filter(({ platform: { name }, access }) => access !== undefined && !platforms.includes(name))
        .map(({ platform }) => platform.name),
      withheld: withheldOf(known),
    };
    return { data, text: textOf(data) };
  }
}

function seenOf(platform: string, { document, kinds, status, gaps, rules }: Known): Seen {
  const connection = Object.hasOwn(status, platform) ? status[platform] : undefined;
  const seen = document && Object.hasOwn(document.coverage, platform) ? document.coverage[platform] : undefined;
  const unread = document?.factsOnly.includes(platform) ? ['Its provider allows facts only: no estimates.'] : [];
  return {
    platform,
    title: platformTitle(platform),
    connection: connection?.connectedAt ? connection.status : 'none',
    lastRead: connection?.lastSync ?? null,
    problem: connection?.problem?.message ?? null,
    from: seen?.from ?? null,
    to: seen?.to ?? null,
    activeDays: seen?.activeDays ?? null,
    kinds: kinds
      .filter((one) => one.platform === platform)
      .map(({ kind, items }) => ({ kind, items, withheld: rules.isClosed(platform, kind) })),
    toldBy: document ? tellersOn(document, platform) : [],
    notSeen: [...(seen?.truncations ?? []).map(({ kind, reason }) => `${kind}: ${reason}`), ...unread],
    gaps: gaps
      .filter((one) => one.platform === platform)
      .map(({ kind, dayFrom, dayTo }) => ({ kind, from: isoDay(dayFrom), to: isoDay(dayTo) })),
  };
}

function withheldOf({ kinds, rules }: Known): WithheldPart[] {
  const closed = kinds.filter(({ platform, kind }) => rules.isClosed(platform, kind));
  return forbiddingAmong(closed.map(({ platform, kind }) => `${platform}.${kind}`)).map((platform) => {
    const own = closed.filter((one) => one.platform === platform);
    return withheld(platform, `items that only the connection tells (${own.map(({ kind }) => kind).join(', ')})`);
  });
}

function textOf({ version, timeZone, platforms, notConnected, withheld: parts }: Output): string {
  const head = version === null ? 'There is no signature yet.' : `Version ${version} is the latest.`;
  const zone = timeZone === null ? 'No time zone is set, so nothing is said of hours.' : `Time zone: ${timeZone}.`;
  return paragraphs(
    [`${head} ${zone}`, platforms.length === 0 ? ['Nothing has been read yet.'] : []],
    ...platforms.map((seen): [string, string[]] => [`${seen.title} (${seen.platform}):`, linesOf(seen)]),
    ['Not connected, so nothing is known of them:', notConnected.map(platformTitle)],
    ['Left out:', withheldLines(parts)],
  );
}

function linesOf({
  connection,
  lastRead,
  problem,
  from,
  to,
  activeDays,
  kinds,
  toldBy,
  notSeen,
  gaps,
}: Seen): string[] {
  const read = lastRead === null ? '' : `, last read ${lastRead}`;
  const acts = from === null ? [] : [`${countWords(activeDays ?? 0, 'active day')} from ${from} to ${to ?? from}`];
  return [
    `Connection: ${connection}${read}`,
    ...(problem === null ? [] : [`Problem: ${problem}`]),
    ...acts,
    ...(kinds.length === 0 ? [] : [`Items: ${kinds.map(kindWords).join(', ')}`]),
    ...toldBy.map((one) => `Told by ${tellerLine(one)}`),
    ...notSeen.map((words) => `Not seen: ${words}`),
    ...gaps.map((gap) => `Seen in part: ${gap.kind} from ${gap.from} to ${gap.to}`),
  ];
}

function kindWords({ kind, items, withheld: isWithheld }: Seen['kinds'][number]): string {
  return `${kind} ${items}${isWithheld ? ' (withheld)' : ''}`;
}
