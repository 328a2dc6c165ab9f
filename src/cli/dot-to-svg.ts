/** DOT becomes SVG, by the package `@viz-js/viz` or by Graphviz, whichever is there. */
import { spawnSync } from 'node:child_process'
import { MissingPackageError } from '../errors/lifecycle-errors.ts'

/** The drawing as SVG. Only here is a program for drawing needed, and only now is it loaded. */
export async function dotToSvg(dot: string): Promise<string> {
  const viz = await import('@viz-js/viz').catch(() => undefined)
  if (viz !== undefined) return (await viz.instance()).renderString(dot, { format: 'svg' })
  const graphviz = spawnSync('dot', ['-Tsvg'], { input: dot, encoding: 'utf8' })
  if (graphviz.status === 0) return graphviz.stdout
  throw new MissingPackageError(
    'An SVG needs the package "@viz-js/viz" or Graphviz, and neither can be loaded. Install it: npm install @viz-js/viz',
    { cause: graphviz.error },
  )
}
