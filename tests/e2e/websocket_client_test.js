'use strict';
// Our WebSocket client against other servers: the one of the npm package ws, and one that says exactly the bytes of
// tests/net/ws_corpus.txt.

const assert = require('node:assert');
const crypto = require('node:crypto');
const https = require('node:https');
const fs = require('node:fs');
const net = require('node:net');
const WebSocket = require('ws');
const { test, main } = require('./support/suite');
const { makeCertificate } = require('./support/certificate');
const { sleep, within } = require('./support/http');
const { Lines } = require('./support/lines');
const { readCorpus, encodeFrames, frame, readFrames, answersOf, endsClosed, shown } = require('./support/ws_corpus');

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLIENT = process.env.NET_ECHO_CLIENT;

async function listening(server) {
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return server.address().port;
}

// A server that agrees, says the bytes of `/NUMBER`, and gives what it heard to `heard`.
async function bytesServer(place, bytesOf, heard) {
  const server = net.createServer((socket) => {
    let head = '';
    const pieces = [];
    let number = -1;
    socket.on('error', () => { /* the client has gone */ });
    socket.on('data', (piece) => {
      if (number >= 0) { pieces.push(piece); return; }
      head += piece.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      number = Number(/^GET \/(\d+) /.exec(head)[1]);
      const key = /^sec-websocket-key: (.*)\r$/im.exec(head)[1];
      const accept = crypto.createHash('sha1').update(key + ACCEPT_SUFFIX).digest('base64');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      socket.write(bytesOf(number));
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => heard.set(number, Buffer.concat(pieces)));
  });
  place.atEnd(() => new Promise((resolve) => { server.close(resolve); }));
  return listening(server);
}

// The client has no way to send bytes; it says how many there were.
const asTold = (answer) => (answer.startsWith('binary:') ? shown('text', Buffer.from(`binary:${(answer.length - 7) / 2}`)) : answer);

test('our client answers every case as listed', async (place) => {
  const rows = readCorpus();
  assert.ok(rows.length > 250);
  const goesOn = (row) => !endsClosed(row.answers);
  const lastWords = Buffer.concat([frame(0x89, Buffer.from('still here'), false), frame(0x88, Buffer.from([3, 232]), false)]);
  const bytesOf = (i) => Buffer.concat([encodeFrames(rows[i].frames, { fromClient: false, patient: false }), ...(goesOn(rows[i]) ? [lastWords] : [])]);
  const heard = new Map();
  const port = await bytesServer(place, bytesOf, heard);
  const client = new Lines(place, CLIENT, []);
  for (const [i, row] of rows.entries()) {
    client.tell(`ws://127.0.0.1:${port}/${i}`);
    const end = await client.line(/^(closed|error)/, i);
    if (goesOn(row)) assert.strictEqual(end, 'closed 1000 ', `${row.id} ${row.name}`);
    while (!heard.has(i)) await sleep(1);
    const expected = [...row.answers.map(asTold), ...(goesOn(row) ? [shown('pong', Buffer.from('still here')), 'close:1000'] : [])];
    const answers = answersOf(readFrames(heard.get(i), { masked: true }));
    // Texts are echoed by a task of their own: pongs, which answer at once, may overtake them; and a connection that
    // has ended takes no echoes any more.
    const kind = (wanted) => (list) => list.filter((answer) => wanted.includes(answer.split(':')[0]));
    assert.deepStrictEqual(kind(['pong', 'close'])(answers), kind(['pong', 'close'])(expected), `${row.id} ${row.name}`);
    const echoes = kind(['text'])(answers);
    assert.deepStrictEqual(echoes, kind(['text'])(expected).slice(0, echoes.length), `${row.id} ${row.name}`);
  }
  console.log(`         ${rows.length} cases`);
});

async function conversation(place, server, url, args) {
  const wss = new WebSocket.Server({ server, perMessageDeflate: true });
  const connection = new Promise((resolve) => { wss.on('connection', resolve); });
  const port = await listening(server);
  place.atEnd(() => new Promise((resolve) => {
    for (const client of wss.clients) client.terminate();
    server.close(resolve);
  }));
  const client = new Lines(place, CLIENT, args);
  client.tell(url(port));
  const socket = await within(10000, connection);
  assert.ok(socket, `the client did not come: ${client.errors} ${client.said}`);
  assert.strictEqual(socket.extensions, '');
  const next = (event) => within(10000, new Promise((resolve) => { socket.once(event, (...data) => resolve(data)); }));
  for (const size of [0, 1, 125, 126, 127, 65535, 65536]) {
    const text = 'é'.repeat(size >> 1) + 'x'.repeat(size & 1);
    socket.send(text);
    const [data, isBinary] = await next('message');
    assert.strictEqual(isBinary, false);
    assert.strictEqual(data.toString(), text);
  }
  for (let i = 0; i < 20; i++) socket.send(`part ${i} `, { fin: i === 19 });
  assert.strictEqual((await next('message'))[0].toString(), Array.from({ length: 20 }, (_, i) => `part ${i} `).join(''));
  socket.ping('are you there');
  assert.strictEqual((await next('pong'))[0].toString(), 'are you there');
  socket.close(4001, 'enough');
  assert.strictEqual((await next('close'))[0], 4001);
  assert.strictEqual(await client.line(/^(closed|error)/), 'closed 4001 enough');
}

test('our client and the server of ws talk in the clear', async (place) => {
  await conversation(place, require('node:http').createServer(), (port) => `ws://127.0.0.1:${port}/path?q=1`, []);
});

test('our client and the server of ws talk by TLS, and only if the certificate is trusted', async (place) => {
  const { cert, key } = makeCertificate(place.folder('tls'));
  const secure = () => https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) });
  await conversation(place, secure(), (port) => `wss://localhost:${port}/`, [cert]);
  const server = secure();
  const port = await listening(server);
  place.atEnd(() => new Promise((resolve) => { server.close(resolve); }));
  const stranger = new Lines(place, CLIENT, []);
  stranger.tell(`wss://localhost:${port}/`);
  assert.match(await stranger.line(/^(closed|error)/), /^error wss:\/\/localhost:\d+: there is no TLS: the certificate does not count: self-signed certificate$/);
  const old = https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
  const oldPort = await listening(old);
  place.atEnd(() => new Promise((resolve) => { old.close(resolve); }));
  const modern = new Lines(place, CLIENT, [cert]);
  modern.tell(`wss://localhost:${oldPort}/`);
  assert.match(await modern.line(/^(closed|error)/), /^error wss:\/\/localhost:\d+: there is no TLS: /);
});

test('a server of ws that refuses, or says too much, is left with the reason', async (place) => {
  const refusing = new WebSocket.Server({ port: 0, host: '127.0.0.1', verifyClient: (info, done) => done(false, 403, 'no') });
  await new Promise((resolve) => { refusing.once('listening', resolve); });
  place.atEnd(() => new Promise((resolve) => { refusing.close(resolve); }));
  const refused = new Lines(place, CLIENT, []);
  refused.tell(`ws://127.0.0.1:${refusing.address().port}/?key=SECRET`);
  assert.match(await refused.line(/^error/), /^error ws:\/\/127\.0\.0\.1:\d+: it answers 403 instead of 101$/);

  const loud = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => { loud.once('listening', resolve); });
  place.atEnd(() => new Promise((resolve) => { for (const client of loud.clients) client.terminate(); loud.close(resolve); }));
  const code = new Promise((resolve) => { loud.on('connection', (socket) => { socket.on('close', resolve); socket.send('x'.repeat(65537)); }); });
  const flooded = new Lines(place, CLIENT, []);
  flooded.tell(`ws://127.0.0.1:${loud.address().port}/`);
  assert.strictEqual(await within(10000, code), 1009);
  assert.match(await flooded.line(/^error/), /broke the rules of WebSocket: message too big|broke the rules of WebSocket: /);
});

main();
