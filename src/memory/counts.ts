/** The counts of a channel: rule C10, `accepted = settled + dead + expired + dropped + inFlight + buffered`. */
import type { ChannelStats } from '../transport/transport.ts'

/** Counts that move with every message; the stats of a port are this very object. */
export class Counts implements ChannelStats {
  accepted = 0
  settled = 0
  dead = 0
  expired = 0
  dropped = 0
  inFlight = 0
  buffered = 0
}
