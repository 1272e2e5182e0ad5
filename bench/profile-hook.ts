/** Loaded before a program (`node --import`) to profile only what is measured: SIGUSR2 begins, the next one writes. */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { basename, join } from 'node:path';

const session = new Session();
session.connect();
let round = 0;
let running = false;

async function toggle(): Promise<void> {
  running = !running;
  if (running) {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
  } else {
    const { profile } = await session.post('Profiler.stop');
    const name = `${basename(process.argv[1] ?? '')}-${(round += 1)}.cpuprofile`;
    writeFileSync(join(process.env['PROFILE_TO'] ?? '.', name), JSON.stringify(profile));
  }
}

process.on('SIGUSR2', () => void toggle());
