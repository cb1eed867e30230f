'use strict';
// Every case of tests/net/ws_corpus.txt as our server and the npm package ws decide it, in both roles of ws.

const assert = require('node:assert');
const crypto = require('node:crypto');
const net = require('node:net');
const { spawn } = require('node:child_process');
const WebSocket = require('ws');
const { test, main } = require('./support/suite');
const { within } = require('./support/http');
const { inParallel } = require('./support/orders');
const { readCorpus, encodeFrames, frame, readFrames, answersOf, endsClosed, shown } = require('./support/ws_corpus');

const MESSAGE_BYTES_MAX = 64 * 1024;
const AT_ONCE = 16;
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const HANDSHAKE = 'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
  + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const LAST_WORDS = Buffer.concat([frame(0x89, Buffer.from('still here'), true), frame(0x88, Buffer.from([3, 232]), true)]);
const LAST_ANSWERS = [shown('pong', Buffer.from('still here')), 'close:1000'];

// Our server: a program that echoes and ends with its standard input.
async function ourEcho(place) {
  assert.ok(process.env.NET_ECHO_SERVER, 'NET_ECHO_SERVER must name the echo program');
  const child = spawn(process.env.NET_ECHO_SERVER, [], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => { child.once('exit', (code, signal) => resolve({ code, signal })); });
  let said = '';
  child.stderr.on('data', (text) => { said += text; });
  place.atEnd(async () => {
    child.stdin.end();
    const end = await within(20000, ended);
    if (end === null) child.kill('SIGKILL');
    assert.deepStrictEqual(end, { code: 0, signal: null }, `the echo program ended badly:\n${said}`);
  });
  const port = await within(20000, new Promise((resolve) => { child.stdout.once('data', (text) => resolve(Number(text))); }));
  assert.ok(port > 0, `the echo program did not start:\n${said}`);
  return port;
}

// The same by ws.
async function theirEcho(place) {
  const server = new WebSocket.Server({ port: 0, host: '127.0.0.1', maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('error', () => { /* a case that breaks the rules; its close frame is the answer */ });
  });
  await new Promise((resolve) => { server.once('listening', resolve); });
  place.atEnd(() => {
    for (const client of server.clients) client.terminate();
    return new Promise((resolve) => { server.close(resolve); });
  });
  return server.address().port;
}

// What a server answers to bytes, until it ends the connection.
function answersTo(port, bytes) {
  return new Promise((resolve, reject) => {
    const pieces = [];
    const socket = net.connect(port, '127.0.0.1', () => socket.write(Buffer.concat([Buffer.from(HANDSHAKE), bytes])));
    socket.setTimeout(10000, () => socket.destroy(new Error('no end within 10 s')));
    socket.on('data', (piece) => pieces.push(piece));
    // A server may cut a client that goes on after the last frame.
    socket.on('error', (error) => { if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error); });
    socket.on('close', () => {
      const all = Buffer.concat(pieces);
      const head = all.indexOf('\r\n\r\n');
      try { resolve(answersOf(readFrames(all.subarray(head + 4)))); } catch (error) { reject(error); }
    });
  });
}

async function answersToRow(port, row, expected, patient) {
  const bytes = encodeFrames(row.frames, { fromClient: true, patient });
  if (endsClosed(expected)) return answersTo(port, bytes);
  const answers = await answersTo(port, Buffer.concat([bytes, LAST_WORDS]));
  assert.deepStrictEqual(answers.slice(-2), LAST_ANSWERS, `${row.id} ${row.name}: the connection did not go on`);
  return answers.slice(0, -2);
}

test('our server and the server of ws answer every case as listed', async (place) => {
  const ours = await ourEcho(place);
  const theirs = await theirEcho(place);
  const rows = readCorpus();
  assert.ok(rows.length > 250);
  let agreed = 0;
  await inParallel(rows, AT_ONCE, async (row) => {
    const label = `${row.id} ${row.name}`;
    assert.deepStrictEqual(await answersToRow(ours, row, row.answers, false), row.answers, `ours: ${label}`);
    assert.deepStrictEqual(await answersToRow(theirs, row, row.ws, true), row.ws, `ws: ${label}`);
    if (row.ws.join() === row.answers.join()) agreed += 1;
  });
  const differing = rows.filter((row) => row.ws.join() !== row.answers.join());
  console.log(`         ${rows.length} cases, ${agreed} answered alike; ws differs in ${differing.map((row) => row.id).join(', ')}`);
  assert.ok(differing.every((row) => /which ws takes$/.test(row.name)), 'a difference without its reason');
});

// A server that says exactly `bytes` behind its handshake, and what a client of ws makes of them.
async function clientOfWs(bytes, goesOn) {
  const heard = [];
  const back = [];
  const server = net.createServer((socket) => {
    let head = '';
    socket.on('error', () => { /* the client has gone */ });
    socket.on('data', (piece) => {
      if (head.includes('\r\n\r\n')) { back.push(piece); return; }
      head += piece.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const key = /^sec-websocket-key: (.*)\r$/im.exec(head)[1];
      const accept = crypto.createHash('sha1').update(key + ACCEPT_SUFFIX).digest('base64');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      socket.write(goesOn ? Buffer.concat([bytes, frame(0x88, Buffer.from([3, 232]), false)]) : bytes);
    });
    socket.on('end', () => socket.end());
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const options = { maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false };
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}/ws`, options);
  client.on('message', (data, isBinary) => heard.push(shown(isBinary ? 'binary' : 'text', data)));
  client.on('ping', (data) => heard.push(shown('pong', data)));
  client.on('error', () => { /* a case that breaks the rules; its close frame is the answer */ });
  const ended = new Promise((resolve) => { client.on('close', resolve); });
  // ws waits for the end of the connection after the close frames; a server that cuts it is one.
  const poll = setInterval(() => {
    const frames = (() => { try { return readFrames(Buffer.concat(back), { masked: true }); } catch (error) { return []; } })();
    if (frames.some(({ opcode }) => opcode === 8)) client.terminate();
  }, 5);
  const end = await within(10000, ended);
  clearInterval(poll);
  await new Promise((resolve) => { server.close(resolve); });
  assert.notStrictEqual(end, null, 'ws did not end');
  const closes = answersOf(readFrames(Buffer.concat(back), { masked: true })).filter((answer) => answer.startsWith('close:'));
  return [...heard, ...closes];
}

test('a client of ws makes of a server\'s frames what the table says, as our codec does as a client', async () => {
  await inParallel(readCorpus(), AT_ONCE, async (row) => {
    const goesOn = !endsClosed(row.ws);
    const bytes = encodeFrames(row.frames, { fromClient: false, patient: true });
    const expected = goesOn ? [...row.ws, 'close:1000'] : row.ws;
    assert.deepStrictEqual(await clientOfWs(bytes, goesOn), expected, `${row.id} ${row.name}`);
  });
});

test('a client of ws gets back from our server what it sends, in one part or many', async (place) => {
  const port = await ourEcho(place);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await new Promise((resolve, reject) => { socket.once('open', resolve); socket.once('error', reject); });
  assert.strictEqual(socket.extensions, '', 'no extension was agreed');
  const next = (event) => within(10000, new Promise((resolve) => { socket.once(event, (...data) => resolve(data)); }));
  for (const size of [0, 1, 125, 126, 127, 65535, 65536]) {
    const text = 'é'.repeat(size >> 1) + 'x'.repeat(size & 1);
    socket.send(text);
    const [data, isBinary] = await next('message');
    assert.strictEqual(isBinary, false);
    assert.strictEqual(data.toString(), text);
    const bytes = crypto.randomBytes(size);
    socket.send(bytes);
    const [back, binary] = await next('message');
    assert.strictEqual(binary, true);
    assert.ok(back.equals(bytes));
  }
  for (let i = 0; i < 20; i++) socket.send(`part ${i} `, { fin: i === 19 });
  assert.strictEqual((await next('message'))[0].toString(), Array.from({ length: 20 }, (_, i) => `part ${i} `).join(''));
  socket.ping('are you there');
  assert.strictEqual((await next('pong'))[0].toString(), 'are you there');
  socket.close(4001, 'enough');
  const [code] = await next('close');
  assert.strictEqual(code, 4001);
});

test('a message beyond the limit closes 1009 as a client of ws sees it', async (place) => {
  const port = await ourEcho(place);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const closed = new Promise((resolve) => { socket.once('close', (code, reason) => resolve([code, reason.toString()])); });
  socket.on('open', () => socket.send('x'.repeat(MESSAGE_BYTES_MAX + 1)));
  socket.on('error', () => { /* the server may cut it while it is still sending */ });
  const [code] = await within(10000, closed);
  assert.strictEqual(code, 1009);
});

main();
