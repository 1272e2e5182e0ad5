import { crc32, deflateRawSync } from 'node:zlib';

/** An entry of a ZIP archive, and what its directory says that is not so. */
export interface HandMadeEntry {
  readonly name: string | Buffer;
  readonly content?: Buffer | string;
  /** What is announced; without, the truth. */
  readonly bytes?: number;
  readonly packedBytes?: number;
  readonly crc32?: number;
  readonly method?: number;
  readonly flags?: number;
  /** The type and rights of a Unix file. */
  readonly mode?: number;
  /** Where the directory says that the entry begins. */
  readonly offset?: number;
}

/** A ZIP archive made byte by byte, so that it can lie. */
export function handMadeZip(entries: readonly HandMadeEntry[], announcedEntries = entries.length): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const content = Buffer.from(entry.content ?? '');
    const packed = entry.method === 0 ? content : deflateRawSync(content);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(entry.flags ?? 0, 2);
    about.writeUInt16LE(entry.method ?? 8, 4);
    about.writeUInt32LE(entry.crc32 ?? crc32(content), 10);
    about.writeUInt32LE(entry.packedBytes ?? packed.length, 14);
    about.writeUInt32LE(entry.bytes ?? content.length, 18);
    about.writeUInt16LE(name.length, 22);
    const made = Buffer.from([20, 3]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((entry.mode ?? 0) << 16) >>> 0, 6);
    rest.writeUInt32LE(entry.offset ?? at, 10);
    directory.push(Buffer.from('PK\x01\x02'), made, about, rest, name);
    const local = [Buffer.from('PK\x03\x04'), about, name, packed];
    parts.push(...local);
    at += Buffer.concat(local).length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(announcedEntries, 4);
  end.writeUInt16LE(announcedEntries, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, listed, Buffer.from('PK\x05\x06'), end]);
}
