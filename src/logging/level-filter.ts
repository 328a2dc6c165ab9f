/** Levels by target, written as in Allora's `logging.yml`: `info,orders=debug,orders/price=off`. */
import type { LogLevel, LogPlace } from '../runtime/logger.ts'

/** From the most talkative; what is behind them is off. */
export const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'off']

/**
 * Makes the function that says whether a line is wanted. A filter is a list of directives: a level for everything, `allora=level` for the
 * same, and `target=level` for a node (`flow/node`), a flow or a channel, by its id; the closest one counts, in this order. Levels are
 * `trace` (as `debug`), `debug`, `info`, `warn`, `error` and `off`; with only targets, the rest is `error`.
 *
 * @example
 * ```ts
 * import { levelFilter } from 'allora/logging'
 *
 * const isEnabled = levelFilter('warn,orders=debug')
 * isEnabled('debug', { flowId: 'orders' }) // => true
 * isEnabled('info', { flowId: 'invoices' }) // => false
 * ```
 */
export function levelFilter(filter: string): (level: LogLevel, place: LogPlace) => boolean {
  const directives = filter.split(',').map((directive) => directive.trim())
  const targets = new Map(
    directives.flatMap((directive) => {
      const at = directive.lastIndexOf('=')
      return at < 0 ? [] : [[directive.slice(0, at).trim(), rankOf(directive.slice(at + 1))] as const]
    }),
  )
  const general = directives.findLast((directive) => directive !== '' && !directive.includes('='))
  const least = targets.get('allora') ?? rankOf(general ?? 'error')
  targets.delete('allora')
  const leastAt = ({ flowId, nodeId, channelId }: LogPlace): number =>
    targets.get(`${flowId}/${nodeId}`) ?? targets.get(flowId!) ?? targets.get(channelId!) ?? least
  if (targets.size === 0) return (level) => LEVELS.indexOf(level) >= least
  return (level, place) => LEVELS.indexOf(level) >= leastAt(place)
}

/** What is no level lets all pass: a slip hides nothing. */
const rankOf = (level: string): number => Math.max(0, LEVELS.indexOf(level.trim().toLowerCase()))
