/** For tests of flows and of transports: `allora/testing`. */

export { virtualClock } from './virtual-clock.ts'
export type { VirtualClock } from './virtual-clock.ts'
