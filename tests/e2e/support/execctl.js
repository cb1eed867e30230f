'use strict';
// execctl as a process.

const { spawn } = require('node:child_process');
const { within } = require('./http');

// Runs execctl to its end: {code, out, err}. `onOutput(all output so far, child)` is called as it comes,
// `onStart(child)` once.
async function execctl(daemon, words, { onOutput = () => {}, onStart = () => {}, environment = {}, input = '' } = {}) {
  const child = spawn(process.env.EXECCTL, words, {
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', EXEC_SERVER: daemon.url, ...environment }, stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}); // it may end without reading
  child.stdin.end(input);
  const started = onStart(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (piece) => { said.out += piece; onOutput(said, child); });
  child.stderr.on('data', (piece) => { said.err += piece; onOutput(said, child); });
  const code = await within(60000, new Promise((resolve) => { child.once('close', resolve); }));
  if (code === null && child.exitCode === null) {
    child.kill('SIGKILL');
    throw new Error(`execctl ${words.join(' ')} did not end:\n${said.out}\n${said.err}`);
  }
  await started;
  return { code, ...said };
}

const lines = (text) => text.split('\n').filter((line) => line);

module.exports = { execctl, lines };
