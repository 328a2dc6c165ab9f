/** Diagnostic codes and their titles, apart from the explanations, which no running program needs. */

const CHECK_TITLES = {
  ALLORA101: 'Unknown channel',
  ALLORA102: 'Unused channel',
  ALLORA103: 'Channel without a consumer',
  ALLORA104: 'Two consumers on a direct channel',
  ALLORA105: 'Unreachable node',
  ALLORA106: 'Flow without a beginning or an end',
  ALLORA107: 'Aggregator that never completes',
  ALLORA108: 'Missing service',
  ALLORA109: 'Channel declared in two ways',
  ALLORA110: 'Cycle of channels',
  ALLORA111: 'Unbounded queue',
  ALLORA112: 'Id missing or used twice',
  ALLORA113: 'Edge that fits no node or port',
  ALLORA114: 'Call that cannot be answered',
  ALLORA115: 'Error scope that cannot work',
  ALLORA116: 'Option out of range',
  ALLORA117: 'Option of another kind of channel',
  ALLORA118: 'Loop inside a flow',
  ALLORA119: 'Options that contradict each other',
  ALLORA120: 'Empty or repeated entries',
  ALLORA121: 'Channel that waits for itself',
  ALLORA122: 'Aggregator that may wait for parts for ever',
} as const

const FILE_TITLES = {
  ALLORA601: 'File that cannot be read',
  ALLORA602: 'File beyond the limits',
  ALLORA603: 'Not YAML',
  ALLORA604: 'Key given twice',
  ALLORA605: 'Version missing or not known',
  ALLORA606: 'Missing key',
  ALLORA607: 'Unknown key',
  ALLORA608: 'Value of the wrong kind',
  ALLORA609: 'Id used twice',
  ALLORA610: 'Filter expression that cannot be read',
  ALLORA611: 'Environment variable that is not set',
  ALLORA612: 'Include that goes in a circle',
  ALLORA613: 'Transport without a factory',
  ALLORA614: 'Ignored',
  ALLORA615: 'Step that cannot stand here',
  ALLORA616: 'Reference that is never closed',
} as const

/** The title of every diagnostic code. */
export const DIAGNOSTIC_TITLES: typeof CHECK_TITLES & typeof FILE_TITLES = { ...CHECK_TITLES, ...FILE_TITLES }

/** A code of `check`: `ALLORA1xx`. */
export type CheckCode = keyof typeof CHECK_TITLES

/** A code of reading files: `ALLORA6xx`. */
export type FileCode = keyof typeof FILE_TITLES

/** A diagnostic code: `ALLORA101` and so on. */
export type DiagnosticCode = CheckCode | FileCode
