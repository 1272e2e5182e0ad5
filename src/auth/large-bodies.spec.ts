import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { parseConfig } from '../config/config.js';
import { isUpload, LargeBodies } from './large-bodies.js';
import { RequestLimits } from './request-limits.js';
import type { Bearers } from './bearers.js';

describe('A body that is announced', () => {
  /** How many of 400 equal ones an address without a valid token may send within a minute. */
  const allowed = async (headers: Request['headers']) => {
    const bearers = { isGuess: () => false, verify: () => Promise.reject(new Error('no token')) } as unknown as Bearers;
    const bodies = new LargeBodies(bearers, new RequestLimits(parseConfig({ API_RATE_MAX: '300' })));
    const response = { setHeader: () => undefined } as unknown as Response;
    const send = () =>
      new Promise<unknown>((resolve) =>
        bodies.count({ headers, ip: '203.0.113.7' } as Request, response, resolve as NextFunction),
      );
    const errors = await Promise.all(Array.from({ length: 400 }, send));
    return errors.filter((error) => error === undefined).length;
  };

  it.each([
    ['short', { 'content-length': '4000' }, 400],
    ['of up to 100 kB', { 'content-length': '100000' }, 300],
    ['of 5 MB', { 'content-length': '5000000' }, 6],
    ['of unknown length', { 'transfer-encoding': 'chunked' }, 300],
  ])('and is %s counts by what it may cost', async (_, headers, number) => {
    expect(await allowed(headers)).toBe(number);
  });
});

describe('An upload', () => {
  it.each([
    ['POST', '/api/imports', true],
    ['POST', '/api/imports?dryRun=true', true],
    ['POST', '/api/imports/', true],
    ['POST', '/API/Imports/?hold=true', true],
    ['GET', '/api/imports', false],
    ['POST', '/api/imports/1/start', false],
    ['POST', '/api/importsx', false],
  ])('is found as Express finds its route: %s %s', (method, url, expected) => {
    expect(isUpload({ method, url } as IncomingMessage)).toBe(expected);
  });
});
