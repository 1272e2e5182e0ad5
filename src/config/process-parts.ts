/** What a process does. One process does both on a laptop; production can split them. */
export interface ProcessParts {
  /** Answers requests and sockets. */
  readonly api: boolean;
  /** Runs jobs. */
  readonly work: boolean;
}
