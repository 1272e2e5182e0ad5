import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Tarpit } from './tarpit.js';

describe('the tarpit', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  /** A response of which it only sees the end. */
  const opened = () => new EventEmitter() as unknown as ServerResponse;

  it('holds a refusal back for a second', () => {
    const answer = jest.fn();
    new Tarpit().hold(opened(), answer);
    jest.advanceTimersByTime(999);
    expect(answer).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(answer).toHaveBeenCalledTimes(1);
  });

  it('answers nobody who has left', () => {
    const answer = jest.fn();
    const response = opened();
    new Tarpit().hold(response, answer);
    response.emit('close');
    jest.advanceTimersByTime(5_000);
    expect(answer).not.toHaveBeenCalled();
  });

  it('holds a thousand at most, and answers others at once until one is answered or leaves', () => {
    const tarpit = new Tarpit();
    const waiting = Array.from({ length: 1_000 }, opened);
    for (const response of waiting) tarpit.hold(response, () => response.emit('close'));
    const atOnce = jest.fn();
    tarpit.hold(opened(), atOnce);
    expect(atOnce).toHaveBeenCalledTimes(1);
    waiting[0]!.emit('close');
    const held = jest.fn();
    tarpit.hold(opened(), held);
    expect(held).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1_000);
    expect(held).toHaveBeenCalledTimes(1);
    for (let n = 0; n < 1_000; n += 1) tarpit.hold(opened(), held);
    expect(held).toHaveBeenCalledTimes(2);
  });
});
