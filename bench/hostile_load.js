'use strict';
// How honest clients fare while others misbehave: p50 and p99 of their requests alone and beside hostile clients, in
// alternating rounds of one run, with the resident memory of execd. The hostile ones are a process of their own, lest
// they slow down the honest clients instead of the server.
//
//   node bench/hostile_load.js EXECD [--rounds 5] [--seconds 4] [--slow 1000] [--deaf 100] [--pinging 100] [--asking 30]

const { fork, spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const HONEST_CLIENTS = 8;
const PAUSE_MS = 4;       // of an honest client between two requests
const DRIBBLE_MS = 1000;  // between two bytes of a slow client
const HANDSHAKE = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

function options() {
  const chosen = { execd: process.argv[2], rounds: 5, seconds: 4, slow: 1000, deaf: 100, pinging: 100, asking: 30 };
  for (let i = 3; i < process.argv.length; i += 2) {
    const name = process.argv[i].replace(/^--/, '');
    const value = Number(process.argv[i + 1]);
    if (!(name in chosen) || !Number.isInteger(value) || value < 1) throw new Error(`unknown or bad option ${process.argv[i]}`);
    chosen[name] = value;
  }
  if (!chosen.execd) throw new Error('name the execd to measure');
  return chosen;
}

function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function startExecd(program, directory) {
  const port = await freePort();
  const log = fs.openSync(path.join(directory, 'execd.log'), 'w');
  const child = spawn(program, [], {
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), DATABASE_URL: `sqlite:${path.join(directory, 'exec.db')}`,
      RATE_LIMIT: '0', WS_PER_ORDER: '0', MOCK_TIME_SCALE: '0', MOCK_FAILURE_RATE: '0', LOG_LEVEL: 'warn', QUEUE_CONCURRENCY: '64',
      QUEUE_LIMIT: '1000000',
    },
  });
  for (let i = 0; i < 500; i++) {
    if (child.exitCode !== null) break;
    try { await call(port, null, 'GET', '/readyz'); return { port, child }; } catch (error) { await sleep(20); }
  }
  child.kill('SIGKILL');
  throw new Error('execd did not become ready');
}

function call(port, agent, method, target, body) {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } : {};
    const request = http.request({ host: '127.0.0.1', port, method, path: target, agent, headers }, (answer) => {
      let text = '';
      answer.on('data', (piece) => { text += piece; });
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
      answer.on('error', reject);
    });
    request.setTimeout(15000, () => request.destroy(new Error('no answer within 15 s')));
    request.on('error', reject);
    request.end(body);
  });
}

const ORDER = JSON.stringify({ type: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: '1' });

const rssKiB = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const cpuTicks = (pid) => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).reduce((a, b) => a + Number(b), 0);

// Submissions and readings in turn, each honest client on its own connection, for some seconds: times in ms.
async function honestClients(port, seconds) {
  const times = [];
  const endAt = Date.now() + seconds * 1000;
  await Promise.all(Array.from({ length: HONEST_CLIENTS }, async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    let id = '';
    for (let turn = 0; Date.now() < endAt; turn++) {
      const began = process.hrtime.bigint();
      const answer = turn % 2 === 0 ? await call(port, agent, 'POST', '/api/orders/execute', ORDER) : await call(port, agent, 'GET', `/api/orders/${id}`);
      times.push(Number(process.hrtime.bigint() - began) / 1e6);
      if (answer.status !== 202 && answer.status !== 200) throw new Error(`answered ${answer.status}: ${answer.text}`);
      if (turn % 2 === 0) id = JSON.parse(answer.text).orderId;
      await sleep(PAUSE_MS);
    }
    agent.destroy();
  }));
  return times;
}

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const median = (values) => quantile(values, 0.5);

function connect(port, greeting) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => { if (greeting) socket.write(greeting); resolve(socket); });
    socket.once('error', reject);
    socket.on('error', () => { /* cut by the server: what the test is about */ });
  });
}

// Requests that arrive a byte at a time and never end. One that the server gives up comes back at once.
async function slowClients(port, count) {
  const sockets = [];
  let cut = 0;
  let stopped = false;
  const open = async (i) => {
    const socket = await connect(port, 'POST /api/orders/execute HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    sockets[i] = socket;
    socket.on('data', () => {});
    socket.on('close', () => { if (!stopped) { cut += 1; open(i).catch(() => {}); } });
  };
  for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: Math.min(50, count - i) }, (_, j) => open(i + j)));
  const dribble = setInterval(() => sockets.forEach((socket) => { if (socket.writable) socket.write('a'); }), DRIBBLE_MS);
  return {
    stop() { stopped = true; clearInterval(dribble); sockets.forEach((socket) => socket.destroy()); },
    told: () => `${cut} cut and come back`,
  };
}

// A masked ping of 125 bytes.
const PING = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125, 0x70)]);

// Clients that never read: `greet` says what one asks for, `flood` what it goes on sending for as long as the kernel
// takes it. One that is cut comes back.
async function unreadClients(port, count, greet, flood) {
  const sockets = [];
  let cut = 0;
  let stopped = false;
  const open = async (i) => {
    const socket = await connect(port, greet(i));
    socket.pause();
    sockets[i] = socket;
    socket.on('close', () => { if (!stopped) { cut += 1; setTimeout(() => { if (!stopped) open(i).catch(() => {}); }, 50); } });
    const text = flood(i);
    const more = () => { while (!stopped && socket.writable && socket.write(text)); };
    if (text) { socket.on('drain', more); more(); }
  };
  for (let i = 0; i < count; i++) await open(i);
  return {
    stop() { stopped = true; sockets.forEach((socket) => socket.destroy()); },
    told: () => `${cut} cut and come back`,
  };
}

const submitOne = async (port) => JSON.parse((await call(port, null, 'POST', '/api/orders/execute', ORDER)).text).orderId;

// Half of them follow every order on a WebSocket, half one order as an event stream.
async function deafClients(port, count) {
  const id = await submitOne(port);
  const greetings = [
    `GET /api/stream?topics=orders HTTP/1.1\r\nHost: x\r\n${HANDSHAKE}\r\n`,
    `GET /api/orders/${id}/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`,
  ];
  return unreadClients(port, count, (i) => greetings[i % 2], () => null);
}

// Ask for one order again and again, and read no answer.
async function askingClients(port, count) {
  const asking = Buffer.from(`GET /api/orders/${await submitOne(port)} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(50));
  return unreadClients(port, count, () => '', () => asking);
}

// WebSockets that ping as fast as the server takes it, and read no pong.
async function pingingClients(port, count) {
  const pings = Buffer.concat(Array(200).fill(PING));
  return unreadClients(port, count, () => `GET /api/stream?topics=venues HTTP/1.1\r\nHost: x\r\n${HANDSHAKE}\r\n`, () => pings);
}

const ATTACKS = { slow: slowClients, deaf: deafClients, pinging: pingingClients, asking: askingClients };

// The other process: begins when it is told the kind, ends when it is told to stop.
function beHostile() {
  let attack = null;
  process.on('message', async ({ kind, port, count }) => {
    if (kind !== 'stop') {
      attack = await ATTACKS[kind](port, count);
      process.send('attacking');
      return;
    }
    const told = attack.told();
    attack.stop();
    process.send(told, () => process.exit(0));
  });
}

async function startAttack(kind, port, count) {
  const child = fork(__filename, ['--attack']);
  const answer = () => new Promise((resolve, reject) => { child.once('message', resolve); child.once('exit', () => reject(new Error(`the ${kind} clients broke off`))); });
  const ready = answer();
  child.send({ kind, port, count });
  await ready;
  return {
    async stop() {
      const told = answer();
      child.send({ kind: 'stop' });
      return told;
    },
  };
}

async function round(execd, seconds, hostile) {
  const others = hostile ? await hostile() : null;
  if (others) await sleep(500);
  const before = cpuTicks(execd.child.pid);
  const times = await honestClients(execd.port, seconds);
  const result = {
    p50: quantile(times, 0.5), p99: quantile(times, 0.99), requests: times.length, rss: rssKiB(execd.child.pid),
    cpu: (cpuTicks(execd.child.pid) - before) / seconds, told: others ? await others.stop() : '',
  };
  await sleep(500);
  return result;
}

async function main() {
  const chosen = options();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hostile-load-'));
  const execd = await startExecd(chosen.execd, directory);
  const kinds = [
    ['alone', null],
    ...Object.keys(ATTACKS).map((kind) => [`${chosen[kind]} ${kind}`, () => startAttack(kind, execd.port, chosen[kind])]),
  ];
  const results = new Map(kinds.map(([name]) => [name, []]));
  try {
    await honestClients(execd.port, 2);  // warms both sides up
    for (let i = 0; i < chosen.rounds; i++) {
      for (const [name, hostile] of kinds) {
        const result = await round(execd, chosen.seconds, hostile);
        results.get(name).push(result);
        console.log(`round ${i + 1} ${name.padEnd(12)} p50 ${result.p50.toFixed(2)} ms  p99 ${result.p99.toFixed(2)} ms  ${result.requests} requests  execd ${result.cpu.toFixed(0)} % of a core, ${(result.rss / 1024).toFixed(1)} MiB  ${result.told}`);
      }
    }
  } finally {
    execd.child.kill('SIGKILL');
    fs.rmSync(directory, { recursive: true, force: true });
  }
  const alone = median(results.get('alone').map(({ p99 }) => p99));
  console.log('\n| honest clients | p50 ms | p99 ms (range) | p99 against alone | resident, highest |\n|---|---|---|---|---|');
  for (const [name, rounds] of results) {
    const p99 = rounds.map((one) => one.p99);
    console.log(`| ${name} | ${median(rounds.map((one) => one.p50)).toFixed(2)} | ${median(p99).toFixed(2)} (${Math.min(...p99).toFixed(2)} .. ${Math.max(...p99).toFixed(2)}) | ${(median(p99) / alone).toFixed(2)} | ${(Math.max(...rounds.map((one) => one.rss)) / 1024).toFixed(1)} MiB |`);
  }
}

if (process.argv[2] === '--attack') beHostile();
else main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
