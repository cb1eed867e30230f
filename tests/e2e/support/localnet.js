'use strict';
// A local Solana node that runs the real transaction runtime. It is not part of the tree: its folder is named by
// LIBEXEC_LOCALNET, or lies beside the tree.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const net = require('node:net');
const path = require('node:path');
const { freePort } = require('./daemon');
const { request, within } = require('./http');
const { Skip } = require('./suite');

function find() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw new Skip(`the local Solana node needs Node 20, this is ${major}`);
  const folder = path.resolve(process.env.LIBEXEC_LOCALNET || path.join(__dirname, '../../../../shared/localnet'));
  const server = path.join(folder, 'server.mjs');
  if (!fs.existsSync(server)) throw new Skip(`no local Solana node in ${folder} (LIBEXEC_LOCALNET names its folder)`);
  if (!fs.existsSync(path.join(folder, 'node_modules/litesvm'))) throw new Skip(`run 'npm i' in ${folder} first, or in a copy of it`);
  return server;
}

const isFree = (port) => new Promise((resolve) => {
  const probe = net.createServer();
  probe.once('error', () => resolve(false));
  probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
});

// {url, call(method, ...params), packages}; the node takes its port and the next one, for subscriptions.
async function startLocalnet(place, slotMs) {
  const server = find();
  let port = await freePort();
  while (!(await isFree(port + 1))) port = await freePort();
  const node = spawn(process.execPath, [server, '--port', String(port), '--slot-ms', String(slotMs)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => { node.once('exit', resolve); });
  place.atEnd(async () => { node.kill(); await within(5000, ended); });
  let said = '';
  const ready = new Promise((resolve) => {
    node.stdout.on('data', (text) => { said += text; if (said.includes('rpc http://')) resolve(true); });
    node.stderr.on('data', (text) => { said += text; });
  });
  if ((await within(20000, Promise.race([ready, ended]))) !== true) throw new Error(`the local node did not start: ${said}`);
  const url = `http://127.0.0.1:${port}`;
  const call = async (method, ...params) => {
    const { json } = await request(url, { method: 'POST', body: { jsonrpc: '2.0', id: 1, method, params } });
    if (json.error) throw new Error(`${method}: ${JSON.stringify(json.error)}`);
    return json.result;
  };
  return { url, call, packages: createRequire(server) };
}

module.exports = { startLocalnet };
