import { beginningOf, wordOf } from '../../../test/support/archive-rows.js';
import { readArchiveFile } from '../../../test/support/read-archive-file.js';
import { discordServers } from './discord-servers.js';

const SERVERS = JSON.stringify({
  '112233445566778899': 'Rust',
  '112233445566778800': 'Made in Abyss',
  '112233445566778801': 'Films',
});
const CHANNELS = JSON.stringify({
  '212233445566778899': 'general in Rust',
  '212233445566778800': 'Direct Message with somebody#1234',
  '212233445566778801': null,
});

const detects = (text: string) => discordServers.detect(beginningOf(text));
const read = (text: string, name = 'Servers/index.json') => readArchiveFile(discordServers, text, { name });

describe('servers on Discord', () => {
  it('are a state of when the package was made, with their names', async () => {
    expect((await read(SERVERS))[0]).toEqual({
      item: {
        kind: 'server',
        externalId: '112233445566778899',
        key: 'server:112233445566778899',
        occurredAt: null,
        timeMeaning: 'snapshot',
        payload: { name: 'Rust' },
      },
    });
    expect(await read(SERVERS)).toHaveLength(3);
  });

  it('are told from channels by what the list holds', () => {
    expect(detects(SERVERS)).toBe(true);
    expect(detects(CHANNELS)).toBe(false);
    expect(detects('{"212233445566778899": "general in Rust", "212233445566778800": "thread of films in Films"}')).toBe(
      false,
    );
    expect(detects('{"212233445566778899": "Rust", "212233445566778800": "Direct Message with x"}')).toBe(false);
    expect(detects('{"212233445566778899": "Rust", "212233445566778800": null}')).toBe(false);
  });

  it('are not recognised in a list that is not seen to its end, for direct messages may follow', () => {
    const many = Object.fromEntries(
      Array.from({ length: 4_000 }, (_, n) => [`1122334455667${String(n).padStart(5, '0')}`, 'Rust']),
    );
    expect(detects(JSON.stringify(many))).toBe(false);
    expect(detects(SERVERS.slice(0, -1))).toBe(false);
  });

  it('never keep the names of people written to, even if the list of channels is read as theirs', async () => {
    const outcomes = await read(CHANNELS);
    expect(outcomes.map(wordOf)).toEqual(['OTHER_LIST', 'OTHER_LIST', 'OTHER_LIST']);
    const named = await read('{"212233445566778899": "Anna, Bert"}', 'package/messages/index.json');
    expect(named.map(wordOf)).toEqual(['OTHER_LIST']);
    expect(JSON.stringify([outcomes, named])).not.toMatch(/somebody|Anna/);
  });

  it('with odd ids or names are reported', async () => {
    const text = JSON.stringify({
      me: 'Rust',
      '112233445566778899': 5,
      '112233445566778800': 'x'.repeat(101),
      '112233445566778801': ' ',
    });
    expect((await read(text)).map(wordOf)).toEqual(['BAD_ROW', 'BAD_ROW', 'BAD_ROW', 'BAD_ROW']);
  });

  it('are not read from what is no list of names', async () => {
    expect((await read('{"112233445566778899": "Ru')).map(wordOf)).toEqual(['CUT_SHORT']);
    expect((await read('[1]')).map(wordOf)).toEqual(['CUT_SHORT']);
    expect((await readArchiveFile(discordServers, ' '.repeat(1_100_000), { name: 'x' }, [65_536])).map(wordOf)).toEqual(
      ['ROW_TOO_LONG'],
    );
    expect(detects('{"id": "112233445566778899", "username": "me"}')).toBe(false);
    expect(detects('{}')).toBe(false);
  });
});
