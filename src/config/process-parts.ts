/** What a process does; a laptop does both, production may split them. */
export interface ProcessParts {
  /** Answers requests and sockets. */
  readonly api: boolean;
  /** Runs jobs. */
  readonly work: boolean;
}
