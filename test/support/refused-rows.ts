import { reasonOf } from '../../src/platforms/refusal-reasons.js';
import { findPlatform } from '../../src/platforms/registry.js';
import { bodyOf, type RecordedRefusal } from './recorded-refusal.js';
import { RECORDED_REFUSALS } from './recorded-refusals.js';
import { SandboxControl } from './sandbox-control.js';

type ByPlatform = Readonly<Record<RecordedRefusal['platform'], string>>;

/** What an extraction asks for first. */
export const PROFILE: ByPlatform = { spotify: '/v1/me', github: '/user', youtube: '/youtube/v3/channels' };
/** A list that it asks for later. */
export const LIST: ByPlatform = {
  ...{ spotify: '/v1/me/shows', github: '/user/orgs', youtube: '/youtube/v3/subscriptions' },
};

/** The recorded refusals, one for each status of each row of the tables. */
export const REFUSED_ROWS: readonly RecordedRefusal[] = [
  ...new Map(
    RECORDED_REFUSALS.map((each) => [`${each.platform} ${toldOf(each).message} ${each.status}`, each]),
  ).values(),
];

/** Has the sandbox refuse from now on what begins with the path. */
export function refuse(sandboxUrl: string, row: RecordedRefusal, path: string): Promise<void> {
  return new SandboxControl(sandboxUrl, row.platform).addFault({
    path,
    status: row.status,
    body: bodyOf(row),
    contentType: typeof row.body === 'string' ? 'text/plain' : 'application/json; charset=utf-8',
    headers: { ...row.headers },
  });
}

/** What is to be told of a refusal: code and actor as recorded, the message of the platform's table. */
export function toldOf(row: RecordedRefusal) {
  const { platform, status, headers, code, actor } = row;
  const { refusals } = findPlatform(platform)!;
  const { message } = reasonOf(refusals, {
    status,
    headers: new Map(Object.entries({ ...headers })),
    body: bodyOf(row),
  })!;
  return { code, actor, message };
}
