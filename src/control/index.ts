/** `allora/control`: the control socket of a running app. */
export { serveControl } from './serve-control.ts'
export type { ControlServer } from './serve-control.ts'
export type { Controlled } from './controlled.ts'
export { connectControl } from './control-client.ts'
export type { ControlClient } from './control-client.ts'
export { socketPathOf } from './socket-path.ts'
export {
  ControlRefusedError,
  ControlRequestError,
  ControlSocketError,
  NoRunningAppError,
} from '../errors/control-errors.ts'
