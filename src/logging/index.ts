/** Loggers: lines for people or machines, with levels by flow and channel, and adapters to other loggers. */
export { levelFilter } from './level-filter.ts'
export { lineLogger } from './line-logger.ts'
export type { LineLoggerOptions } from './line-logger.ts'
export { pinoLogger } from './pino-logger.ts'
export type { PinoLike } from './pino-logger.ts'
