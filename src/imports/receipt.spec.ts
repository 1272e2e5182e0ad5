import type { RowOutcome } from './format.js';
import { accountHash, addRow, compareAccounts, emptyCounts, emptyReceipt, hasSeveralAccounts } from './receipt.js';

const PLACE = { file: 'a file', entry: 'an entry', row: 1 };

/** The receipt of rows, stored and read again after each. */
function receiptOf(rows: readonly { readonly platform: string; readonly outcome: RowOutcome }[]) {
  let receipt = emptyReceipt();
  for (const row of rows) {
    addRow(receipt, emptyCounts(), row, PLACE, undefined);
    receipt = JSON.parse(JSON.stringify(receipt)) as typeof receipt;
  }
  return receipt;
}

const rowOf = (fields: Partial<RowOutcome>, platform = 'spotify') => ({
  platform,
  outcome: { skipped: 'REMOVED', ...fields } as RowOutcome,
});

describe('A receipt', () => {
  it('counts fields whatever they are called', () => {
    const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', '', 'a field'];
    const row = rowOf({ unknown: names, missing: names });
    const { unknown, missing } = receiptOf([row, row, row]).fields;
    expect(Object.entries(unknown)).toEqual(names.map((name) => [name, 3]));
    expect(missing).toEqual(unknown);
  });

  it('names fifty fields at most', () => {
    const names = Array.from({ length: 60 }, (_, n) => (n === 49 ? '__proto__' : `field ${n}`));
    expect(Object.keys(receiptOf([rowOf({ unknown: names }), rowOf({ unknown: names })]).fields.unknown)).toEqual(
      names.slice(0, 50),
    );
  });
});

describe('The accounts in files', () => {
  const accounts = (...told: readonly (readonly [platform: string, account: string])[]) =>
    receiptOf(told.map(([platform, account]) => rowOf({ account }, platform)));

  it('are several where one platform has more than one', () => {
    expect(hasSeveralAccounts(accounts(['spotify', 'anna'], ['lastfm', 'annafm'], ['spotify', 'ANNA']))).toBe(false);
    expect(hasSeveralAccounts(accounts(['spotify', 'anna'], ['spotify', 'bob']))).toBe(true);
    expect(hasSeveralAccounts(accounts())).toBe(false);
  });

  it('are those of another where a platform is known by other names only', () => {
    const isOther = (
      receipt: ReturnType<typeof accounts>,
      ...known: readonly [platform: string, account: string][]
    ) => {
      compareAccounts(receipt, new Set(known.map(([platform, account]) => accountHash(platform, account))));
      return receipt.otherAccount;
    };
    expect(isOther(accounts(['lastfm', 'annafm']), ['spotify', 'anna'])).toBe(false);
    expect(isOther(accounts(['lastfm', 'anna']), ['spotify', 'anna'])).toBe(false);
    expect(isOther(accounts(['spotify', 'Anna']), ['spotify', 'anna'], ['spotify', 'bob'])).toBe(false);
    expect(isOther(accounts(['spotify', 'anna'], ['spotify', 'eve']), ['spotify', 'anna'])).toBe(false);
    expect(isOther(accounts(['spotify', 'bob']), ['spotify', 'anna'])).toBe(true);
    expect(isOther(accounts(['spotify', 'anna'], ['lastfm', 'bob']), ['spotify', 'anna'], ['lastfm', 'annafm'])).toBe(
      true,
    );
    expect(isOther(accounts(['spotify', 'bob']))).toBe(false);
  });

  it('are not told in words', () => {
    const [account] = accounts(['lastfm', 'annafm']).accounts;
    expect(account).toMatch(/^lastfm:[\w-]{16}$/);
    expect(account).not.toBe(accountHash('lastfm', 'anna'));
  });
});
