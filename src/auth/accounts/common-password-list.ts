import { dictionary } from '@zxcvbn-ts/language-common';

/** The passwords that are used most, in small letters. Loading them takes a while: import this only when it is needed. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(dictionary['passwords-common']);
