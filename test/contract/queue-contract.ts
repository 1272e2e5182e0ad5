import type { DriverUnderTest } from './probe-app.js';
import { Stage } from './stage.js';
import { askingAgain } from './themes/asking-again.js';
import { attempts } from './themes/attempts.js';
import { cancelling } from './themes/cancelling.js';
import { data } from './themes/data.js';
import { deaths } from './themes/deaths.js';
import { expiry } from './themes/expiry.js';
import { hints } from './themes/hints.js';
import { manyAtOnce } from './themes/many-at-once.js';
import { neighbours } from './themes/neighbours.js';
import { order } from './themes/order.js';
import { outcomes } from './themes/outcomes.js';
import { pause } from './themes/pause.js';
import { progress } from './themes/progress.js';
import { startAndEnd } from './themes/start-and-end.js';
import { startLimit } from './themes/start-limit.js';
import { states } from './themes/states.js';
import { timeLimit } from './themes/time-limit.js';

/** Themes that need one slot for extractions and leave nothing behind, so one process serves them all. */
const WITH_ONE_SLOT = [
  data,
  progress,
  attempts,
  outcomes,
  order,
  askingAgain,
  manyAtOnce,
  states,
  pause,
  hints,
  cancelling,
  expiry,
  deaths,
];

/** Themes that start processes with settings of their own. */
const WITH_OTHER_SETTINGS = [startAndEnd, neighbours, timeLimit, startLimit];

/**
 * What holds for every driver of the queues, word for word: from a job that is enqueued to its outcome. `startDriver`
 * starts whatever servers it needs, and returns how a process finds them.
 */
export function describeQueueContract(name: string, startDriver: () => Promise<DriverUnderTest>): void {
  describe(`The queue contract on ${name}`, () => {
    let driver: DriverUnderTest;
    const stage = new Stage(() => driver);

    beforeAll(async () => {
      driver = await startDriver();
    });
    afterAll(() => driver.stop());

    describe('with one slot and short waits', () => {
      beforeAll(() => stage.open());
      afterEach(() => stage.app.clear());
      afterAll(() => stage.leave());

      for (const theme of WITH_ONE_SLOT) theme(stage);
    });

    for (const theme of WITH_OTHER_SETTINGS) theme(stage);
  });
}
