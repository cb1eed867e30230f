'use strict';
// Clients that never come to the point, in a process of their own, lest they slow down the honest clients instead of
// the server. One that the server gives up comes back at once.

const { fork } = require('node:child_process');
const net = require('node:net');
const tls = require('node:tls');

const DRIBBLE_MS = 1000;  // between two bytes
const HEAD = 'POST /api/orders/execute HTTP/1.1\r\nHost: x\r\nX-Slow: ';
const HELLO = Buffer.from('16030100c8010000c40303', 'hex');  // the first bytes of a TLS handshake

const KINDS = {
  // A request whose head never ends.
  request: { open: ({ port }) => net.connect(port, '127.0.0.1'), ready: 'connect', begin: HEAD },
  tlsRequest: { open: ({ port, ca }) => tls.connect({ port, host: '127.0.0.1', ca }), ready: 'secureConnect', begin: HEAD },
  // A TLS handshake that never ends.
  handshake: { open: ({ port }) => net.connect(port, '127.0.0.1'), ready: 'connect', begin: HELLO },
};

async function attack(kinds, count, target) {
  const sockets = [];
  let stopped = false;
  let cut = 0;
  const open = (i) => new Promise((resolve) => {
    const kind = KINDS[kinds[i % kinds.length]];
    const socket = kind.open(target);
    sockets[i] = socket;
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.once(kind.ready, () => { socket.write(kind.begin); resolve(); });
    socket.on('close', () => { resolve(); if (!stopped) { cut += 1; setTimeout(() => { if (!stopped) open(i); }, 10); } });
  });
  for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: Math.min(50, count - i) }, (_, j) => open(i + j)));
  const dribble = setInterval(() => sockets.forEach((socket) => { if (socket.writable && !socket.connecting) socket.write('a'); }), DRIBBLE_MS);
  return () => { stopped = true; clearInterval(dribble); sockets.forEach((socket) => socket.destroy()); return cut; };
}

// Begins with `count` clients of those kinds: an object whose stop() says how often one was cut.
async function startSlowClients(kinds, count, { port, ca }) {
  const child = fork(__filename);
  const answer = () => new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error('the slow clients broke off')));
  });
  const ready = answer();
  child.send({ kinds, count, port, ca });
  await ready;
  return {
    async stop() {
      const told = answer();
      child.send('stop');
      return (await told).cut;
    },
    kill() { child.kill('SIGKILL'); },
  };
}

if (require.main === module) {
  let stop = null;
  process.on('message', async (order) => {
    if (order === 'stop') process.send({ cut: stop() }, () => process.exit(0));
    else { stop = await attack(order.kinds, order.count, order); process.send('attacking'); }
  });
}

module.exports = { startSlowClients };
