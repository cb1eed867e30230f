'use strict';
// What all scripts rely on: side by side, no two of them start a server on one port.

const assert = require('node:assert');
const { fork } = require('node:child_process');
const net = require('node:net');
const { freePort, claim } = require('./support/ports');
const { test, main } = require('./support/suite');

const SCRIPTS = 3;
const PORTS_EACH = 200;

// Another script: it takes its ports, says which, and keeps them until it is told to end.
if (process.argv[2] === 'take') {
  (async () => {
    const ports = [];
    while (ports.length < Number(process.argv[3])) ports.push(await freePort());
    process.send(ports);
    process.once('message', () => process.exit(0));
  })();
  return;
}

function startScript(place, count) {
  const script = fork(__filename, ['take', String(count)]);
  place.atEnd(() => script.connected && script.send('end'));
  script.ports = new Promise((resolve, reject) => {
    script.once('message', resolve);
    script.once('exit', (code) => reject(new Error(`the script ended with ${code}`)));
  });
  return script;
}

test('scripts that run side by side never share a port', async (place) => {
  const scripts = Array.from({ length: SCRIPTS }, () => startScript(place, PORTS_EACH));
  const ports = (await Promise.all(scripts.map((script) => script.ports))).flat();
  assert.strictEqual(ports.length, SCRIPTS * PORTS_EACH);
  assert.strictEqual(new Set(ports).size, ports.length, 'a port was given to two scripts');
  for (const port of ports) assert.ok(port >= 1024 && port < 32768, `${port} may be a client's`);
});

test('two ports in a row can both be listened on', async (place) => {
  const first = await freePort(2);
  for (const port of [first, first + 1]) {
    const server = net.createServer();
    await new Promise((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve); });
    place.atEnd(() => server.close());
  }
});

test('the ports of a script that was killed can be had again', async (place) => {
  const script = startScript(place, 1);
  const [held] = await script.ports;
  const gone = new Promise((resolve) => { script.once('exit', resolve); });
  assert.strictEqual(claim(held), false, 'a port was taken from a script that runs');
  script.kill('SIGKILL');
  await gone;
  claim(held); // finds that nobody has it
  assert.strictEqual(claim(held), true);
});

main();
