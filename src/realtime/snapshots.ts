import { Injectable } from '@nestjs/common';

/** Reads one part of the state that a client gets when it connects. */
export type SnapshotPart = (userId: string) => Promise<unknown>;

/** The state that a client gets when it connects, in parts that modules register. */
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
