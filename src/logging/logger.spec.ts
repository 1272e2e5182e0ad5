import { Logger } from './logger.js';

describe('The log', () => {
  let written: { level: number; msg: string; repeated?: number }[];
  let log: Logger;

  beforeEach(() => {
    jest.useFakeTimers();
    written = [];
    log = new Logger({ level: 'info', pretty: false }, { write: (line) => void written.push(JSON.parse(line)) });
  });
  afterEach(() => jest.useRealTimers());

  const lines = () => written.map(({ msg }) => msg);

  it('has a failure that is repeated once, and how often it came again', () => {
    for (let n = 0; n < 67_500; n += 1) log.error('Replay failed\n    at line 1', 'Realtime');
    for (let n = 0; n < 100; n += 1) log.warn('Replay failed', 'Realtime');
    log.warn('Replay failed', 'Elsewhere');
    expect(lines()).toEqual(['Replay failed\n    at line 1', 'Replay failed', 'Replay failed']);
    jest.advanceTimersByTime(10_000);
    expect(lines().slice(3)).toEqual(['Replay failed (67499 more)', 'Replay failed (99 more)']);
    expect(written.map(({ repeated }) => repeated).slice(3)).toEqual([67_499, 99]);
    log.error('Replay failed\n    at line 1', 'Realtime');
    expect(lines()).toHaveLength(6);
  });

  it('has every line of what was done, also when it was done twice', () => {
    for (let n = 0; n < 2; n += 1) log.log('Ada: POST /api/queues/extraction/pause, answered with 200', 'Audit');
    expect(lines()).toHaveLength(2);
  });

  it('has different failures, however many', () => {
    for (let n = 0; n < 3_000; n += 1) log.error(`Failure ${n}`, 'Http');
    expect(lines()).toHaveLength(3_000);
  });
});
