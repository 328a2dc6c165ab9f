/** The control bus: flows are paused, resumed, stopped and started while the runtime runs (rule L6). */
import { InvalidOptionError } from '../errors/channel-errors.ts'
import { quote } from '../errors/describe-value.ts'
import { UnknownFlowError } from '../errors/lifecycle-errors.ts'
import { didYouMean } from '../graph/did-you-mean.ts'
import type { Activity } from './activity.ts'
import type { FlowState, RunningFlow } from './running-flow.ts'
import type { SourceState } from './source-runner.ts'

/** How a flow is. */
export interface FlowStatus {
  readonly id: string
  readonly state: FlowState
  /** Messages it takes at the same time; of one that reads from a direct channel, its senders decide. */
  readonly concurrency: number
  /** The channels it takes messages from. */
  readonly channels: readonly string[]
  /** Empty for a flow that begins with a channel. */
  readonly sources: readonly SourceStatus[]
}

/** How a source is. */
export interface SourceStatus {
  readonly nodeId: string
  readonly state: SourceState
  /** Messages sent into the flow and not through yet. */
  readonly inFlight: number
}

/** Looks after the flows of a runtime that runs, by their ids (Control Bus). An id that the app does not have is an `UnknownFlowError`. */
export interface Control {
  /** Every flow, in the order of the app. */
  flows(): readonly FlowStatus[]
  /**
   * The flow takes no more messages until `resume`: they wait in their channels, senders of a direct channel with them, and sources are
   * asked for no more. What is in work goes on; `rt.idle()` waits for that alone.
   */
  pause(flow: string): void
  /** Goes on after a pause. */
  resume(flow: string): void
  /** Takes the flow from its channels and closes its sources. What is in work goes on. Sends to a direct channel are refused until `start`. */
  stop(flow: string): Promise<void>
  /** Starts a flow that was stopped; its sources are opened anew, once all they have sent is through. Rejects when one cannot be opened. */
  start(flow: string): Promise<void>
  /**
   * Changes how many messages the flow takes at the same time: `maxInFlight` of a source, the concurrency of an inlet.
   *
   * @throws InvalidOptionError when it is no whole number from 1.
   */
  concurrency(flow: string, most: number): void
}

/** What the control bus looks after. */
export interface ControlHost {
  readonly activity: Activity
  readonly flows: ReadonlyMap<string, RunningFlow>
  /** Throws unless the runtime runs. */
  running(): unknown
}

/** See {@link Control}. */
export class ControlBus implements Control {
  private readonly host: ControlHost

  constructor(host: ControlHost) {
    this.host = host
  }

  flows(): readonly FlowStatus[] {
    return [...this.host.flows.values()].map(({ id, state, concurrency, channels, sources }) => ({
      id,
      state,
      concurrency,
      channels,
      sources: sources.map((source) => ({ nodeId: source.node.id, state: source.state, inFlight: source.inFlight })),
    }))
  }

  pause(flow: string): void {
    this.get(flow).pause()
    this.host.activity.touch()
  }

  resume(flow: string): void {
    this.get(flow).resume()
  }

  async stop(flow: string): Promise<void> {
    await this.get(flow).stop()
    this.host.activity.touch()
  }

  async start(flow: string): Promise<void> {
    await this.get(flow).start()
  }

  concurrency(flow: string, most: number): void {
    if (!(most === Infinity || (Number.isSafeInteger(most) && most > 0))) {
      throw new InvalidOptionError(
        `The concurrency of flow ${quote(flow)} must be a whole number from 1, or Infinity, but it is ${most}. To take no messages for a while, call control.pause(${quote(flow)}).`,
        {
          flowId: flow,
        },
      )
    }
    this.get(flow).concurrency = most
  }

  private get(id: string): RunningFlow {
    this.host.running()
    const flow = this.host.flows.get(id)
    if (flow !== undefined) return flow
    const ids = [...this.host.flows.keys()]
    throw new UnknownFlowError(
      `There is no flow ${quote(id)} in this app. ${didYouMean(id, ids)}Its flows are ${ids.map(quote).join(', ')}.`,
      {
        flowId: id,
      },
    )
  }
}
