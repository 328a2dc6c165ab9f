/** What the shop does with an order. */

interface Order {
  readonly city: string
  readonly books: number
}

/** Makes a parcel of an order: books weigh half a kilo. */
export const pack = ({ city, books }: Order): object => ({ to: city, kilos: books / 2 })
