/** The page's modules are plain JavaScript; tests see what they use of them. */
declare module '*/public/js/glyph.js' {
  export function glyph(signature: { readonly facets: object; readonly coverage: object }): string;
  export function glyphWords(
    signature: { readonly facets: object; readonly coverage: object },
    titleOf: (platform: string) => string,
  ): string;
}

declare module '*/public/js/slope-chart.js' {
  interface Entry {
    readonly key: string;
    readonly label: string;
    readonly rank: number;
  }
  export function slopes(
    before: readonly Entry[],
    after: readonly Entry[],
  ): { readonly label: string; readonly from: number | null; readonly to: number | null; readonly way: string }[];
}

declare module '*/public/js/live.js' {
  export class Live {
    constructor(
      token: string,
      on: {
        snapshot(snapshot: any): void;
        event(event: any): void;
        anew(): void;
        online(online: boolean): void;
        signedOut(code: string): void;
      },
    );
    close(): void;
  }
}

declare module '*/public/js/jobs.js' {
  export class Jobs {
    reset(jobs: readonly any[]): void;
    apply(event: any): unknown;
    ofPlatform(platform: string): unknown;
    withId(id: string): unknown;
  }
}

declare module '*/public/js/tellers.js' {
  interface Telling {
    readonly platform: string;
    readonly sources: readonly string[];
  }
  export function setTellers(known: {
    readonly titleOf: (platform: string) => string;
    readonly broughtAt: ReadonlyMap<string, string>;
  }): void;
  export function tellerWords(item: Telling & { readonly witnesses?: readonly Telling[] }): string | null;
}

declare module '*/scripts/demo/portrait.js' {
  export function portrait(
    signature: {
      readonly version: number;
      readonly facets: object;
      readonly facts: object[];
      readonly coverage: object;
    },
    words: { readonly name: string; readonly titles: Readonly<Record<string, string>> },
  ): string;
}

declare module '*/scripts/demo/receipt.js' {
  export function receiptText(imported: { readonly files: readonly object[]; readonly receipt: object }): string;
}
