/** The result of one check of the doctor. `warn`: works today and may fail later; `fail`: does not work. */
export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly message: string;
}
