/** A choice between two types that does not wait for type parameters: with it, functions can make and take flows of any payload. */

/**
 * `Instead` where `Doubt` is `any`, and `Result` otherwise. `Doubt` is a condition that gives `any` for one of its two answers.
 *
 * A plain condition on the payload stays open in a generic function: what it gives has no method that can be called, since it might be
 * either type. Of a condition with an `any` the compiler goes on with the other answer as long as it is open, so there it is `Result`.
 */
export type Unless<Doubt, Result, Instead> = Doubt extends unknown ? (true extends Doubt ? Instead : Result) : never
