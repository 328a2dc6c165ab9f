/** Stops an npm script with one clear sentence when Node.js is too old. Plain JavaScript, so that old versions can run it. */
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 13)) {
  console.error(
    `Allora needs Node.js 22.13 or newer, but this is ${process.version}. ` +
      'Run `npm ci` without --ignore-scripts: it installs Node.js 24 for the scripts of this project.',
  )
  process.exit(1)
}
