/** The loop of most tasks: send one message, receive one message. */
import type { Contender } from '../contender.ts'

/** Something that takes a number at one end and gives a message at the other. */
export interface Turn {
  send(payload: number): PromiseLike<unknown>
  receive(): PromiseLike<{ readonly payload: number }>
}

/** Sends and receives in turn. */
export function turns(turn: Turn): Contender {
  return {
    async run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        await turn.send(i)
        sum += (await turn.receive()).payload
      }
      return sum
    },
  }
}
