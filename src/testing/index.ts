/** For tests of flows and of transports: `allora/testing`. */

export { channelConformance } from './conformance.ts'
export type { ConformanceCase, ConformanceFactory } from './conformance.ts'
export { virtualClock } from './virtual-clock.ts'
export type { VirtualClock } from './virtual-clock.ts'
