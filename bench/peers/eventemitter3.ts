/** eventemitter3: the faster emitter. */
import { EventEmitter } from 'eventemitter3'
import type { Peer } from '../contender.ts'
import { emitting } from './event-emitter.ts'

export const peer: Peer = { name: 'eventemitter3', package: 'eventemitter3', ...emitting(() => new EventEmitter()) }
