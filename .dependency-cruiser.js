/** Which way imports may go. A folder of src/ is a stage; it may import itself and the stages named here. */

const stages = {
  errors: [],
  graph: ['errors'],
  message: ['errors'],
  apl: ['errors', 'graph', 'message'],
  flow: ['errors', 'graph', 'message'],
  app: ['errors', 'graph', 'message', 'flow'],
  transport: ['errors', 'graph', 'message'],
  memory: ['errors', 'graph', 'message', 'transport'],
  adapters: ['errors', 'message', 'flow'],
  http: ['errors', 'message', 'flow', 'transport'],
  runtime: ['errors', 'graph', 'message', 'transport', 'memory', 'app', 'flow'],
  control: ['errors', 'graph', 'message', 'transport', 'runtime'],
  otel: ['graph', 'message', 'transport', 'runtime'],
  logging: ['runtime'],
  monitoring: ['runtime'],
  yaml: [
    'errors',
    'graph',
    'message',
    'transport',
    'memory',
    'flow',
    'adapters',
    'app',
    'runtime',
    'logging',
    'apl',
    'http',
  ],
  cli: ['errors', 'graph', 'message', 'transport', 'memory', 'flow', 'app', 'runtime', 'control', 'yaml'],
  testing: ['errors', 'graph', 'message', 'transport', 'memory', 'runtime'],
}

const inStages = (names) => `^src/(${names.join('|')})/`

const stageRules = Object.entries(stages).map(([stage, allowed]) => ({
  name: `${stage}-may-import-only-${allowed.join('-') || 'itself'}`,
  severity: 'error',
  from: { path: inStages([stage]) },
  to: { path: '^src/', pathNot: inStages([stage, ...allowed]) },
}))

export default {
  forbidden: [
    ...stageRules,
    {
      name: 'stage-is-listed',
      comment: 'A new folder of src/ needs a row in the table above.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: inStages(Object.keys(stages)) },
      to: {},
    },
    {
      name: 'runtime-knows-only-types-of-flow',
      comment: 'The builder and the runtime meet in the graph; neither needs the code of the other.',
      severity: 'error',
      from: { path: inStages(['runtime']) },
      to: { path: inStages(['flow']), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycle',
      comment: 'Code never imports itself around a corner; types of one stage may speak of each other.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'only-dependencies',
      comment:
        'The published code may import only what a user of the package gets installed, or is told to install (a peer).',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    { name: 'resolvable', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}
