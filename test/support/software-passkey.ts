import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOrInstall } from './system-packages.js';

/** What an authenticator or a browser can say wrongly. */
export interface Lies {
  /** Of the page that asks. */
  readonly origin?: string;
  readonly crossOrigin?: boolean;
  readonly type?: string;
  /** Whose site it is. */
  readonly rpId?: string;
  /** Whether the person was verified. */
  readonly verified?: boolean;
  readonly challenge?: string;
  readonly userHandle?: string | undefined;
  readonly counter?: number;
  readonly credentialId?: string;
  /** Signs with another key. */
  readonly forged?: boolean;
  /** Who vouches for a new passkey: nobody, or a key of the passkey or of its maker (section 8.2). */
  readonly attestedBy?: 'itself' | Maker;
}

/** A maker of authenticators. */
export interface Maker {
  readonly key: KeyObject;
  /** DER. */
  readonly certificate: Buffer;
}

const PRESENT = 0x01;
const VERIFIED = 0x04;
const BACKUP_ELIGIBLE = 0x08;
const BACKED_UP = 0x10;
const HAS_KEY = 0x40;

/**
 * An authenticator with one passkey, and the browser in front of it (WebAuthn Level 3, sections 6.5 and 5.8.1), that says
 * whatever a test wants.
 */
export class SoftwarePasskey {
  readonly id = randomBytes(32).toString('base64url');
  counter = 0;
  private userHandle: string | undefined;
  private readonly key = newKey();

  /** @param origin of the page that asks it */
  constructor(private readonly origin: string) {}

  /** `RegistrationResponseJSON` for `PublicKeyCredentialCreationOptionsJSON`. */
  create({ rp, user, challenge }: any, lies: Lies = {}) {
    this.userHandle = user.id;
    const { x, y } = this.key.publicKey.export({ format: 'jwk' });
    const id = Buffer.from(this.id, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y} (RFC 9053, section 7.1).
    const [keyHead, yHead] = [Buffer.from('a5010203262001215820', 'hex'), Buffer.from('225820', 'hex')];
    const key = [keyHead, Buffer.from(x!, 'base64url'), yHead, Buffer.from(y!, 'base64url')];
    const head = this.authenticatorData(rp.id, HAS_KEY, lies);
    const data = Buffer.concat([head, Buffer.alloc(16), length, id, ...key]);
    const clientData = this.clientData('webauthn.create', challenge, lies);
    const attestationObject = Buffer.concat([
      ...[Buffer.from([0xa3]), text('fmt'), text(lies.attestedBy ? 'packed' : 'none')],
      ...[text('attStmt'), this.statement(Buffer.concat([data, sha256(clientData)]), lies)],
      ...[text('authData'), bytes(data)],
    ]);
    return this.answer(lies, {
      clientDataJSON: clientData.toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['internal'],
    });
  }

  /** `AuthenticationResponseJSON` for `PublicKeyCredentialRequestOptionsJSON`. */
  get({ rpId, challenge }: any, lies: Lies = {}) {
    const clientData = this.clientData('webauthn.get', challenge, lies);
    const data = this.authenticatorData(rpId, 0, lies);
    const { privateKey } = lies.forged ? newKey() : this.key;
    const signature = sign('sha256', Buffer.concat([data, sha256(clientData)]), privateKey);
    return this.answer(lies, {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: 'userHandle' in lies ? lies.userHandle : this.userHandle,
    });
  }

  private statement(signed: Buffer, { attestedBy }: Lies): Buffer {
    if (!attestedBy) return Buffer.from([0xa0]);
    const maker = attestedBy === 'itself' ? undefined : attestedBy;
    const signature = sign('sha256', signed, maker?.key ?? this.key.privateKey);
    const es256 = [text('alg'), Buffer.from([0x26]), text('sig'), bytes(signature)];
    if (!maker) return Buffer.concat([Buffer.from([0xa2]), ...es256]);
    return Buffer.concat([Buffer.from([0xa3]), ...es256, text('x5c'), Buffer.from([0x81]), bytes(maker.certificate)]);
  }

  private answer<Response>({ credentialId = this.id }: Lies, response: Response) {
    return { id: credentialId, rawId: credentialId, type: 'public-key', response, clientExtensionResults: {} };
  }

  private clientData(type: string, challenge: string, lies: Lies): Buffer {
    const { origin = this.origin, crossOrigin = false } = lies;
    return Buffer.from(
      JSON.stringify({ type: lies.type ?? type, challenge: lies.challenge ?? challenge, origin, crossOrigin }),
    );
  }

  private authenticatorData(rpId: string, more: number, lies: Lies): Buffer {
    const flags = PRESENT | BACKUP_ELIGIBLE | BACKED_UP | more | (lies.verified === false ? 0 : VERIFIED);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(lies.counter ?? this.counter);
    return Buffer.concat([sha256(Buffer.from(lies.rpId ?? rpId)), Buffer.from([flags]), counter]);
  }
}

/** One whose certificate has what section 8.2.1 demands. */
export function newMaker(): Maker {
  const openssl = findOrInstall({ names: ['openssl'], debianPackage: 'openssl' });
  const { privateKey: key } = newKey();
  const folder = mkdtempSync(join(tmpdir(), 'soul-maker-'));
  const file = join(folder, 'key.pem');
  writeFileSync(file, key.export({ type: 'pkcs8', format: 'pem' }));
  const names = [
    '-subj',
    '/C=DE/O=Maker/OU=Authenticator Attestation/CN=Maker',
    '-addext',
    'basicConstraints=CA:FALSE',
  ];
  const make = ['req', '-x509', '-key', file, '-days', '2', '-outform', 'DER', ...names];
  const certificate = execFileSync(openssl, make, { stdio: 'pipe' });
  rmSync(folder, { recursive: true });
  return { key, certificate };
}

function newKey(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

/** CBOR (RFC 8949): a text of up to 23 bytes. */
function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)]);
}

/** CBOR: a byte string of up to 65,535 bytes. */
function bytes(value: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([Buffer.from([0x59]), length, value]);
}
