import { Injectable } from '@nestjs/common';

/** Reads one part of what a client is shown when it connects. */
export type SnapshotPart = (userId: string) => Promise<unknown>;

/** The parts of the snapshot, registered by the modules that know them. */
@Injectable()
export class Snapshots {
  private readonly parts = new Map<string, SnapshotPart>();

  register(name: 'jobs' | 'connections', part: SnapshotPart): void {
    this.parts.set(name, part);
  }

  async of(userId: string): Promise<Record<string, unknown>> {
    const snapshot: Record<string, unknown> = {};
    for (const [name, part] of this.parts) snapshot[name] = await part(userId);
    return snapshot;
  }
}
