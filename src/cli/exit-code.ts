/** What the command line tells the program that called it. */
export const EXIT = {
  /** Done. */
  done: 0,
  /** The app has errors, messages were left or refused, or a file could not be loaded. */
  problems: 1,
  /** The command does not exist or is not used like this. */
  usage: 2,
  /** No app is running where the command looked. */
  notRunning: 3,
  /** A second Ctrl-C ended the app before its work was done. */
  aborted: 130,
} as const

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
