/** `allora/apl`: the filter language. */
export { parseApl } from './apl.ts'
export type { Apl } from './apl.ts'
export { formatAplError } from './apl-error.ts'
export type { AplError } from './apl-error.ts'
