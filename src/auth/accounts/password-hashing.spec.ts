import { PasswordHashing } from './password-hashing.js';

describe('Hashes of passwords', () => {
  const hashing = new PasswordHashing();

  it('are Argon2id with the least that is advised, differ each time, and are of the password as it is meant', async () => {
    const [one, other] = await Promise.all([hashing.hash('é und noch mehr'), hashing.hash('é und noch mehr')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(other);
    expect(hashing.isOutdated(one)).toBe(false);
    expect(await hashing.verify(one, 'e\u0301 und noch mehr')).toBe(true);
    expect(await hashing.verify(one, 'e und noch mehr')).toBe(false);
  });

  it('of nobody are those of no password, and take as much work to check as others', async () => {
    expect(await hashing.verify(undefined, '')).toBe(false);
    const known = await hashing.hash('é und noch mehr');
    const workFor = async (hash: string | undefined) => {
      const before = process.cpuUsage();
      await hashing.verify(hash, 'another one');
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    // The least of several: what the process does besides adds to some of them.
    let least = { ofNobody: Infinity, ofSomebody: Infinity };
    for (let n = 0; n < 8; n += 1) {
      least = {
        ofNobody: Math.min(least.ofNobody, await workFor(undefined)),
        ofSomebody: Math.min(least.ofSomebody, await workFor(known)),
      };
    }
    expect(least.ofNobody / least.ofSomebody).toBeGreaterThan(0.3);
    expect(least.ofSomebody / least.ofNobody).toBeGreaterThan(0.3);
  });

  it('leave the event loop alone, and are refused when too many wait', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => hashing.verify(undefined, 'x')));
    clearInterval(timer);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(8);
    expect((refused[0] as PromiseRejectedResult).reason).toMatchObject({ status: 503, code: 'SERVER_BUSY' });
    expect(turns).toBeGreaterThan(20);
  });
});
