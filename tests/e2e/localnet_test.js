'use strict';
// Solana's JSON-RPC against a local node that runs the real transaction runtime (see support/localnet.js). What is asked
// and checked is in tests/chain/localnet_test.cpp.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { test, main, Skip } = require('./support/suite');
const { startLocalnet } = require('./support/localnet');

test('every question that the engine asks is answered by a node as it is written', async (place) => {
  if (!process.env.LOCALNET_TESTS) throw new Skip('LOCALNET_TESTS does not name the test program');
  const node = await startLocalnet(place, 50);
  const tests = spawn(process.env.LOCALNET_TESTS, ['--no-version', '--no-skip'], {
    stdio: 'inherit', env: { ...process.env, LIBEXEC_LOCALNET_URL: node.url },
  });
  const code = await new Promise((resolve, reject) => {
    tests.on('error', reject);
    tests.on('exit', (ended, signal) => resolve(signal || ended));
  });
  assert.strictEqual(code, 0);
});

main();
