#!/usr/bin/env node
// Plain JavaScript, so that an older Node can run it: the rest is TypeScript, which wants the Node that package.json pins.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const NEEDED_MAJOR = 26
const MAIN = new URL('../src/main.ts', import.meta.url)

if (Number.parseInt(process.versions.node, 10) >= NEEDED_MAJOR) {
  await import(MAIN.href)
} else {
  runWith(bundledNode())
}

/** The binary of the npm package `node`, or null when it is not installed beside Nearcast. */
function bundledNode() {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    return null
  }
}

function runWith(binary) {
  if (binary === null) {
    process.stderr.write(
      `nearcast: this is Node ${process.versions.node}, but Nearcast needs Node ${NEEDED_MAJOR} or newer, and the bundled one is not installed.\n` +
        `Run "npm ci" in the folder of Nearcast, or start it with a newer Node. Nothing was started.\n`,
    )
    process.exitCode = 1
    return
  }
  const child = spawn(binary, [fileURLToPath(MAIN), ...process.argv.slice(2)], { stdio: 'inherit' })
  const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) {
    process.on(signal, () => {
      // On a terminal, Ctrl-C reaches the child by itself; a second one would read as "stop at once".
      if (signal !== 'SIGINT' || !onTerminal) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    process.stderr.write(`nearcast: the bundled Node ${binary} does not start: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1
      return
    }
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
