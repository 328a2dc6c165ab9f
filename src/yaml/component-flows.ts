/** Version 1 in the words of version 2: each component is a flow of one or two steps. */
import { match } from 'ts-pattern'
import type { AggregatorSpec, HttpInboundSpec, HttpOutboundSpec } from './allora-file.ts'
import { correlatorName } from './built-in-functions.ts'
import { COMPONENTS, type ComponentKind } from './components.ts'
import type { Declarations, Declared } from './declarations.ts'
import type { ReadStep } from './shape-reader.ts'
import type { ReadFrom } from './steps-to-flow.ts'

/** A component as the beginning and the steps of a flow. */
export interface ComponentFlow {
  readonly component: Declared
  readonly kind: ComponentKind
  readonly from: ReadFrom
  readonly steps: readonly ReadStep[]
}

/** The flows of all components that channels lead to or from, in the order Allora makes them. */
export function componentFlows({ components }: Declarations): ComponentFlow[] {
  const flows = COMPONENTS.flatMap(({ single }) => components[single].flatMap((component) => flowOf(single, component)))
  return [...flows, ...replyFlows(components['http-inbound-adapter'])]
}

/** What an inbound adapter is. */
export function inboundSpec({ id, fields }: Declared): HttpInboundSpec {
  const { host, port, path, methods, 'request-channel': requestChannel, 'reply-channel': replyChannel } = fields
  return {
    kind: 'http-inbound-adapter',
    id,
    service: adapterName('http-inbound-adapter', id),
    ...({
      host,
      port,
      path,
      methods,
      requestChannel,
      ...(replyChannel !== undefined && { replyChannel }),
    } as Described<HttpInboundSpec>),
  }
}

/** What an outbound adapter is. */
export function outboundSpec({ id, fields }: Declared): HttpOutboundSpec {
  const { url, method = 'POST', 'use-out-msg': useOutMsg = true, from, to } = fields
  return {
    kind: 'http-outbound-adapter',
    id,
    service: adapterName('http-outbound-adapter', id),
    ...({
      url,
      method,
      useOutMsg,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    } as Described<HttpOutboundSpec>),
  }
}

/** What an aggregator is. */
export function aggregatorSpec({ id, fields }: Declared): AggregatorSpec {
  const { correlation_header: correlationHeader, completion, strategy = 'allora.concat_text', store, from, to } = fields
  return {
    id,
    ...({
      correlationHeader,
      completion,
      strategy,
      ...(store !== undefined && { store }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    } as Omit<AggregatorSpec, 'id'>),
  }
}

/** The keys of a component have been read by its shape, which has those of its description. */
type Described<T> = Omit<T, 'kind' | 'id' | 'service'>

const adapterName = (kind: ComponentKind, id: string): string => `${kind} ${id}`

/** What comes to the reply channels of inbound adapters goes to who waits for it; what nobody waits for is counted. One flow serves all adapters of a channel. */
function replyFlows(adapters: readonly Declared[]): ComponentFlow[] {
  const kind = 'http-inbound-adapter'
  const byChannel = Map.groupBy(adapters, ({ fields }) => fields['reply-channel'])
  return [...byChannel].flatMap(([from, [component]]) => {
    if (from === undefined || component === undefined) return []
    const filter = { operator: 'filter', fields: { filter: { when: AWAITED } }, place: component.place }
    return [
      { component: { ...component, id: `${component.id} replies` }, kind, from: from as ReadFrom, steps: [filter] },
    ]
  })
}

/** Whether somebody waits for the message. */
const AWAITED = 'exists(header("replyTo"))'

function flowOf(kind: ComponentKind, component: Declared): ComponentFlow[] {
  const { fields, place } = component
  const step = (operator: string, value: unknown): ReadStep => ({ operator, fields: { [operator]: value }, place })
  const to = fields['to'] === undefined ? [] : [step('to', fields['to'])]
  const flow = (from: unknown, ...steps: ReadStep[]): ComponentFlow[] =>
    from === undefined ? [] : [{ component, kind, from: from as ReadFrom, steps }]
  return match(kind)
    .with('filter', () => flow(fields['from'], step('filter', { when: fields['when'] }), ...to))
    .with('service-activator', () => flow(fields['from'], step('handle', fields['ref-name']), ...to))
    .with('http-inbound-adapter', () => {
      const { service: adapter, path, requestChannel } = inboundSpec(component)
      return flow({ adapter, label: `HTTP ${path}` }, step('to', requestChannel))
    })
    .with('http-outbound-adapter', () => flow(fields['from'], step('handle', outboundSpec(component).service), ...to))
    .with('aggregator', () => {
      const { correlationHeader, completion: when, strategy: combine, store } = aggregatorSpec(component)
      return flow(
        fields['from'],
        step('aggregate', {
          correlateBy: correlatorName(correlationHeader),
          when,
          combine,
          ...(store !== undefined && { store }),
        }),
        ...to,
      )
    })
    .exhaustive()
}
