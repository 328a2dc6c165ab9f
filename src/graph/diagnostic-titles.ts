/** The codes of `check` and their titles, apart from the explanations, which no running program needs. */

/** The title of each code. */
export const DIAGNOSTIC_TITLES = {
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
} as const

/** A code of `check`: `ALLORA101` and so on. */
export type DiagnosticCode = keyof typeof DIAGNOSTIC_TITLES
