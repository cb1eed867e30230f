'use strict';
// The real execd by TLS: its clients, its certificate, and those who mean no TLS at all.

const assert = require('node:assert');
const fs = require('node:fs');
const https = require('node:https');
const net = require('node:net');
const tls = require('node:tls');
const { execFileSync } = require('node:child_process');
const { test, main, FAST_WORLD } = require('./support/suite');
const { request, readEventStream, sleep } = require('./support/http');
const { swap, isTerminal } = require('./support/orders');
const { execctl, lines } = require('./support/execctl');
const { makeCertificate } = require('./support/certificate');
const { Talk } = require('./support/talk');

const secureDaemon = (place, more = {}) => {
  const certificate = makeCertificate(place.directory);
  return { certificate, daemon: place.daemon({ ...FAST_WORLD, ...certificate.settings, ...more }) };
};

// A connection by TLS: {socket, fingerprint}.
function connect(port, ca, options = {}) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', ca, ...options }, () => resolve({ socket, fingerprint: socket.getPeerCertificate().fingerprint256 }));
    socket.once('error', reject);
  });
}

// What comes back for bare bytes until the server hangs up.
function bare(port, bytes, patienceMs = 15000) {
  return new Promise((resolve, reject) => {
    const pieces = [];
    const socket = net.connect(port, '127.0.0.1', () => { if (bytes.length > 0) socket.write(bytes); });
    socket.setTimeout(patienceMs, () => { socket.destroy(); reject(new Error(`still open after ${patienceMs} ms`)); });
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(Buffer.concat(pieces)));
  });
}

test('an order is placed and followed by HTTPS, WSS, an event stream, curl and execctl', async (place) => {
  const { daemon, certificate } = secureDaemon(place);
  await daemon.start();
  const { ca } = certificate;
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca });
  const placed = await request(`${daemon.url}/api/orders/execute`, { method: 'POST', body: swap(), agent });
  assert.strictEqual(placed.status, 202);
  const id = placed.json.orderId;
  const read = await request(`${daemon.url}/api/orders/${id}`, { agent });
  assert.strictEqual(read.status, 200);
  agent.destroy();

  const talk = await Talk.open(`${daemon.ws}/api/orders/${id}/stream`, { ca });
  await talk.closed;
  assert.ok(talk.messages.some((message) => isTerminal(message)), JSON.stringify(talk.messages));
  const stream = await readEventStream(`${daemon.url}/api/orders/${id}/events`, { ca });
  assert.ok(stream.messages.some((message) => isTerminal(message.data)));
  assert.ok(stream.ended);

  const curled = execFileSync('curl', ['-sS', '--cacert', certificate.cert, `${daemon.url}/livez`], { encoding: 'utf8' });
  assert.strictEqual(curled.trim(), 'ok');

  const submitted = await execctl(daemon, ['--ca-cert', certificate.cert, 'submit', 'SOL', 'USDC', '1', '-o', 'ndjson']);
  assert.strictEqual(submitted.code, 0, submitted.err);
  const order = JSON.parse(lines(submitted.out)[0]).orderId;
  const watched = await execctl(daemon, ['watch', order], { environment: { EXEC_CA_CERT: certificate.cert } });
  assert.strictEqual(watched.code, 0, watched.err);
  assert.match(watched.out, /CONFIRMED/);
  const doctor = await execctl(daemon, ['--ca-cert', certificate.cert, 'doctor'], { environment: { PORT: '0' } });
  assert.match(doctor.out, /certificate +trusted, expires in (29|30) days/);
  // The same where it has asked that server before, to find out who has the port.
  const again = await execctl(daemon, ['--ca-cert', certificate.cert, 'doctor'], { environment: { PORT: String(daemon.port) } });
  assert.match(again.out, /certificate +trusted, expires in (29|30) days/);
});

test('execctl says what to do about a server it does not believe, and about the wrong scheme', async (place) => {
  const { daemon } = secureDaemon(place);
  await daemon.start();
  const stranger = await execctl(daemon, ['list']);
  assert.strictEqual(stranger.code, 3);
  assert.match(stranger.err, /its certificate is not trusted: .*self.signed/);
  assert.match(stranger.err, /--ca-cert FILE or EXEC_CA_CERT/);
  const doctor = await execctl(daemon, ['doctor']);
  assert.strictEqual(doctor.code, 9);
  assert.match(doctor.out, /FAIL +certificate +.*not trusted/);
  assert.strictEqual((await execctl(daemon, ['--insecure-tls', 'list'])).code, 0);
  assert.match((await execctl(daemon, ['--ca-cert', '/nowhere', 'list'])).err, /'\/nowhere' is no readable PEM file/);
  const plain = await execctl({ url: daemon.url.replace('https', 'http') }, ['list']);
  assert.match(plain.err, /This port speaks HTTPS/);
  assert.match(plain.err, /next +name the server's https:\/\/ address/);

  const other = await place.daemon().start();
  const refused = await execctl({ url: other.url.replace('http', 'https') }, ['list']);
  assert.strictEqual(refused.code, 3);
  assert.match(refused.err, /speaks plain HTTP there/);
});

test('SIGHUP swaps the certificate: new connections see it, open ones go on, a bad pair changes nothing', async (place) => {
  const { daemon, certificate } = secureDaemon(place);
  await daemon.start();
  const before = certificate.fingerprint;
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: certificate.ca });
  assert.strictEqual((await request(`${daemon.url}/livez`, { agent })).status, 200);
  const open = await Talk.open(`${daemon.ws}/api/stream?topics=orders`, { ca: certificate.ca });

  const next = makeCertificate(place.directory, 'next');
  const hangUpAnd = async (pattern) => {
    const from = daemon.log().length;
    process.kill(daemon.process.pid, 'SIGHUP');
    for (let i = 0; i < 500 && !pattern.test(daemon.log().slice(from)); i++) await sleep(20);
    assert.match(daemon.log().slice(from), pattern);
  };
  fs.copyFileSync(next.cert, certificate.cert);
  await hangUpAnd(/is not the key of the certificate.*[\s\S]*config\.reload_refused/);
  const kept = await connect(daemon.port, certificate.ca);
  assert.strictEqual(kept.fingerprint, before);
  kept.socket.destroy();

  fs.copyFileSync(next.key, certificate.key);
  await hangUpAnd(/new connections are shown another certificate/);
  const swapped = await connect(daemon.port, next.ca);
  assert.strictEqual(swapped.fingerprint, next.fingerprint);
  swapped.socket.destroy();
  assert.strictEqual((await request(`${daemon.url}/livez`, { agent })).status, 200, 'on the connection from before');
  await request(`${daemon.url}/api/orders/execute`, { method: 'POST', body: swap(), agent });
  const told = await open.next();
  assert.ok(told, 'the socket from before hears of the order');
  agent.destroy();

  const stopping = daemon.terminate();
  assert.strictEqual((await open.closed).code, 1001);
  assert.strictEqual((await stopping).code, 0);
});

test('who speaks no TLS is answered or let go, and 200 who do at once are served', async (place) => {
  const { daemon, certificate } = secureDaemon(place);
  await daemon.start();
  const answer = (await bare(daemon.port, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')).toString();
  assert.match(answer, /^HTTP\/1\.1 400 .*[\s\S]*application\/problem\+json[\s\S]*This port speaks HTTPS/);
  for (const garbage of [Buffer.alloc(3000, 0xff), Buffer.from('160301ffff', 'hex'), Buffer.concat([Buffer.from('1603010005', 'hex'), Buffer.from('hello')])]) {
    const said = await bare(daemon.port, garbage);
    assert.ok(!said.toString().includes('HTTP/'), said.toString());
  }
  const began = Date.now();
  const silent = [Buffer.alloc(0), Buffer.from('16', 'hex'), Buffer.from('16030100c8010000c40303', 'hex')].map((begun) => bare(daemon.port, begun));
  const sockets = await Promise.all(Array.from({ length: 200 }, () => connect(daemon.port, certificate.ca)));
  assert.ok(sockets.every(({ fingerprint }) => fingerprint === certificate.fingerprint));
  sockets.forEach(({ socket }) => socket.destroy());
  assert.ok((await Promise.all(silent)).every((said) => said.length === 0));
  assert.ok(Date.now() - began > 4000, 'a handshake was given up early');
  assert.strictEqual((await request(`${daemon.url}/livez`, { ca: certificate.ca })).status, 200);
});

test('a pair that cannot be served with stops the start, and the message says which file and what to do', async (place) => {
  const { daemon, certificate } = secureDaemon(place);
  const other = makeCertificate(place.directory, 'other');
  daemon.settings.TLS_KEY = other.key;
  const mismatch = await daemon.startToFail();
  assert.strictEqual(mismatch.code, 2);
  assert.ok(mismatch.said.includes(`TLS_KEY '${other.key}' is not the key of the certificate`), mismatch.said);
  fs.chmodSync(certificate.key, 0o644);
  daemon.settings.TLS_KEY = certificate.key;
  const open = await daemon.startToFail();
  assert.ok(open.said.includes(`chmod o-rwx ${certificate.key}`), open.said);
  delete daemon.settings.TLS_KEY;
  assert.match((await daemon.startToFail()).said, /TLS_CERT is set and TLS_KEY is not/);
});

main();
