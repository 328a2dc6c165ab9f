/** Mistakes the compiler would only report as `never`, said in a sentence. */

declare const mistake: unique symbol

/** A compile-time message: no value has this type, so the compiler prints the sentence at the call that caused it. Always inline: an alias would hide the text. */
export interface FlowTypeError<Sentence extends string> {
  readonly [mistake]: Sentence
}
