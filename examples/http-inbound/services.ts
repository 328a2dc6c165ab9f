/** What the post office does with a parcel. */
import type { MessageDraft } from 'allora'
import { http } from 'allora/http'

/** Makes the receipt of a parcel; 422 says that there is none, and why. */
export function weigh(text: string): MessageDraft<unknown> {
  const parcel = parcelIn(text)
  if (parcel === undefined) return http.reply('A parcel is JSON: { "to": "Oslo", "kilos": 3 }', { status: 422 })
  if (parcel.kilos > 30) return http.reply(`${parcel.kilos} kg are too heavy.`, { status: 422 })
  return http.reply({ to: parcel.to, postage: 4 + 2 * parcel.kilos }, { status: 201 })
}

interface Parcel {
  readonly to: string
  readonly kilos: number
}

function parcelIn(text: string): Parcel | undefined {
  try {
    const { to, kilos } = Object(JSON.parse(text)) as Partial<Parcel>
    return typeof to === 'string' && typeof kilos === 'number' ? { to, kilos } : undefined
  } catch {
    return undefined
  }
}
