'use strict';
// A real browser places an order and follows it over its own WebSocket.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const WebSocket = require('ws');
const { test, main, Skip } = require('./support/suite');
const { request, sleep } = require('./support/http');
const { readEvents } = require('./support/orders');

const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';

async function startBrowser(place) {
  if (!fs.existsSync(CHROMIUM)) throw new Skip(`there is no ${CHROMIUM}`);
  const profile = place.folder('profile');
  const browser = spawn(CHROMIUM, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
    '--remote-debugging-address=127.0.0.1', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => { browser.once('exit', resolve); });
  place.atEnd(async () => {
    browser.kill('SIGKILL');
    await ended;
    await sleep(200); // its helpers still write into the profile
  });
  const portFile = path.join(profile, 'DevToolsActivePort');
  for (let tries = 0; tries < 300 && !fs.existsSync(portFile); tries++) await sleep(100);
  return Number(fs.readFileSync(portFile, 'utf8').split('\n')[0]);
}

// A page opened at `url`: evaluates an expression and waits for its promise.
async function openPage(port, url) {
  const made = await request(`http://127.0.0.1:${port}/json/new?${encodeURIComponent(url)}`, { method: 'PUT' });
  const socket = new WebSocket(made.json.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => { socket.once('open', resolve); socket.once('error', reject); });
  let lastId = 0;
  const waiting = new Map();
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString());
    if (waiting.has(message.id)) waiting.get(message.id)(message);
  });
  const call = (method, params) => new Promise((resolve) => {
    lastId += 1;
    waiting.set(lastId, resolve);
    socket.send(JSON.stringify({ id: lastId, method, params }));
  });
  return {
    async evaluate(expression) {
      const { result, error } = await call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
      if (error || result.exceptionDetails) throw new Error(JSON.stringify(error || result.exceptionDetails));
      return result.result.value;
    },
    close: () => socket.close(),
  };
}

// Runs inside the page: nothing but what a browser brings along.
async function placeAndFollow() {
  const answer = await fetch('/api/orders/execute', {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ type: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: '3' }),
  });
  const { orderId, wsPath } = await answer.json();
  return new Promise((resolve, reject) => {
    const events = [];
    const socket = new WebSocket(`ws://${location.host}${wsPath}`);
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      events.push(...(message.logs || [message]));
    };
    socket.onclose = ({ code }) => resolve({ orderId, code, events: events.map(({ seq, status }) => ({ seq, status })) });
    socket.onerror = () => reject(new Error('the socket broke'));
  });
}

test('a browser follows an order over its own WebSocket to the close', async (place) => {
  const port = await startBrowser(place);
  const daemon = await place.daemon().start();
  const page = await openPage(port, `${daemon.url}/livez`);
  for (let tries = 0; tries < 100 && !(await page.evaluate('location.href')).startsWith(daemon.url); tries++) await sleep(50);
  const seen = await page.evaluate(`(${placeAndFollow})()`);
  page.close();
  assert.strictEqual(seen.code, 1000);
  const kept = await readEvents(daemon.url, seen.orderId);
  assert.deepStrictEqual(seen.events, kept.map(({ seq, status }) => ({ seq, status })));
  assert.strictEqual(seen.events.at(-1).status, 'confirmed');
});

main();
