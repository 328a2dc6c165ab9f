/** What a runtime watches when it is asked to: message history and the numbers of each node. Steps are wrapped when they are compiled, so it costs nothing otherwise. */
import type { Clock } from '../transport/clock.ts'
import type { Frame } from './frame.ts'
import { NodeCounter } from './metrics.ts'
import { SUSPENDED, type Step } from './step.ts'

/** Makes a step note every message it gets in the message's history. */
export function keepHistory(step: Step, clock: Clock): void {
  const { enter } = step
  step.call = undefined
  step.enter = (frame) => {
    frame.remember({ flowId: step.flowId, nodeId: step.id, at: clock.now() })
    return enter(frame, step)
  }
}

/** Makes a step count its messages and measure how long they stay, waiting included. */
export function keepMetrics(step: Step, clock: Clock): NodeCounter {
  const counter = new NodeCounter()
  const { enter, resume } = step
  step.call = undefined
  step.resume = (frame, value) => {
    try {
      return resume(frame, value, step)
    } catch (error) {
      counter.failed++
      throw error
    }
  }
  step.enter = (frame) => {
    counter.entered++
    counter.inFlight++
    const start = clock.now()
    const left = (failed: number): void => {
      counter.failed += failed
      counter.left(clock.now() - start)
    }
    try {
      const next = enter(frame, step)
      if (next === SUSPENDED) watch(frame, left)
      else left(0)
      return next
    } catch (error) {
      left(1)
      throw error
    }
  }
  return counter
}

function watch(frame: Frame, left: (failed: number) => void): void {
  frame.pending = frame.pending!.then(
    (value) => {
      left(0)
      return value
    },
    (error: unknown) => {
      left(1)
      throw error
    },
  )
}
