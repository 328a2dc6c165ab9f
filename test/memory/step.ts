/** Commands for fast-check: one operation on a model and on the real thing, after which both must agree. */
import type { AsyncCommand } from 'fast-check'

/** An operation on both sides. */
export type Act<M, R> = (model: M, real: R) => void | Promise<void>

/** Makes commands whose agreement is checked by `agree`. A command runs where `applies` is true of the model. */
export function commandsOf<M extends object, R>(
  agree: Act<M, R>,
): (label: string, act: Act<M, R>, applies?: (model: M) => boolean) => AsyncCommand<M, R> {
  return (label, act, applies = () => true) => ({
    check: (model) => applies(model),
    run: async (model, real) => {
      await act(model, real)
      await agree(model, real)
    },
    toString: () => label,
  })
}
