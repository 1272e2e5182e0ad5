/** Whom the tokens stand for that the command line issues to itself. */
export const COMMAND_LINE = 'cli';
