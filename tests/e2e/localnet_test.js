'use strict';
// Solana's JSON-RPC against a local node that runs the real transaction runtime. The node is not part of the tree: its
// folder is named by LIBEXEC_LOCALNET, or lies beside the tree. What is asked and checked is in
// tests/chain/localnet_test.cpp.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { freePort } = require('./support/daemon');

const SLOT_MS = '50';
const START_WITHIN_MS = 20000;

function skip(why) {
  console.error(`skipped: ${why}`);
  process.exit(77);
}

function find() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) skip(`the local Solana node needs Node 20, this is ${major}`);
  const folder = path.resolve(process.env.LIBEXEC_LOCALNET || path.join(__dirname, '../../../shared/localnet'));
  const server = path.join(folder, 'server.mjs');
  if (!fs.existsSync(server)) skip(`no local Solana node in ${folder} (LIBEXEC_LOCALNET names its folder)`);
  if (!fs.existsSync(path.join(folder, 'node_modules/litesvm'))) skip(`run 'npm i' in ${folder} first, or in a copy of it`);
  if (!process.env.LOCALNET_TESTS) skip('LOCALNET_TESTS does not name the test program');
  return server;
}

async function start(server, port) {
  const node = spawn(process.execPath, [server, '--port', String(port), '--slot-ms', SLOT_MS], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  node.stderr.on('data', (bytes) => { said += bytes; });
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the local node did not start: ${said}`)), START_WITHIN_MS);
    node.on('exit', (code) => reject(new Error(`the local node ended with ${code}: ${said}`)));
    node.stdout.on('data', (bytes) => {
      said += bytes;
      if (!said.includes('rpc http://')) return;
      clearTimeout(timer);
      resolve();
    });
  });
  return node;
}

// The node takes its port and the next one.
async function twoPorts() {
  for (;;) {
    const port = await freePort();
    const server = require('node:net').createServer();
    const free = await new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port + 1, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

async function run() {
  const server = find();
  const port = await twoPorts();
  const node = await start(server, port);
  try {
    const tests = spawn(process.env.LOCALNET_TESTS, ['--no-version'], {
      stdio: 'inherit', env: { ...process.env, LIBEXEC_LOCALNET_URL: `http://127.0.0.1:${port}` },
    });
    return await new Promise((resolve, reject) => {
      tests.on('error', reject);
      tests.on('exit', (code, signal) => resolve(signal ? 1 : code));
    });
  } finally {
    node.removeAllListeners('exit');
    node.kill();
  }
}

run().then((code) => process.exit(code), (error) => {
  console.error(error);
  process.exit(1);
});
