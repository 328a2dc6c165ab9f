/** What the benchmark measures: contenders, each of which does the tasks it can. A peer is one file that implements some of them. */

/** The name of the contender that this is all about. */
export const ALLORA = 'allora'

/** One way to do a task. */
export interface Contender {
  /** Handles `n` messages and gives a checksum, so that nobody skips work. */
  run(n: number): Promise<number>
}

/** A queue without a bound that the backlog is built up in. */
export interface Buffer {
  send(payload: number): PromiseLike<unknown>
  receive(): PromiseLike<unknown>
}

/** An order of the task `orders`: closed ones are filtered out, each line goes to one of three branches. */
export interface Order {
  readonly open: boolean
  readonly lines: readonly number[]
}

type Made<T> = T | Promise<T>
type Step = (x: number) => number

/** The tasks, by name. Every message is an object with payload, headers and an id that is made when it is read. */
export interface Tasks {
  /** W1: a direct channel, a synchronous service, a queue of 1,024. */
  hello(service: Step): Made<Contender>
  /** W2: the same with an asynchronous service. */
  helloLater(service: (x: number) => Promise<number>): Made<Contender>
  /** W3: a direct channel, transforms, a queue. */
  pipeline(steps: readonly Step[]): Made<Contender>
  /** W4: filter, split into ten lines, route each line to one of three branches, aggregate. */
  orders(): Made<Contender>
  /** W5: `pairs` producers and as many consumers at one queue of 1,024. */
  boundedQueue(pairs: number): Made<Contender>
  /** W6: one topic, every subscriber gets each message; what one throws is not the others' business. */
  pubsub(subscribers: number): Made<Contender>
  /** W7: request and reply by correlation, to an asynchronous service. Allora and the hand-written code have a timeout; peers need none. */
  requests(service: (x: number) => Promise<number>, inFlight: number): Made<Contender>
  /** W8: `count` independent hellos that take turns. */
  manyFlows(count: number, service: Step): Made<Contender>
  /** W5order and memory: a queue without a bound. */
  backlog(): Made<Buffer>
}

/** Somebody to compare with. */
export interface Peer extends Partial<Tasks> {
  /** Its name in the tables. */
  readonly name: string
  /** The package its version is read from; absent = part of Node. */
  readonly package?: string
}
