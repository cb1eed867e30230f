'use strict';
// SIGTERM: orders in flight reach a safe point, the process ends with 0, and nothing is lost.

const assert = require('node:assert');
const { test, main, FAST_WORLD } = require('./support/suite');
const { request, sleep } = require('./support/http');
const { swap, submit, submitOk, readOrder, readEvents, waitForEnd, followSocket, inParallel } = require('./support/orders');
const { readJournal, landings, checkEvents, checkAgainstChain } = require('./support/judge');
const { Talk } = require('./support/talk');

// Quotes take the better part of a second: time enough to see what a stopping daemon does.
const SLOW_WORLD = { ...FAST_WORLD, MOCK_TIME_SCALE: '4', QUOTE_TIMEOUT_MS: '5000', QUEUE_CONCURRENCY: '50' };

// Every order ends, with a gapless story, and at most one transaction of it landed.
async function checkNothingLost(daemon, ids) {
  for (const id of ids) {
    const order = await waitForEnd(daemon.url, id);
    checkEvents(id, await readEvents(daemon.url, id));
    checkAgainstChain(id, order.status, landings(readJournal(daemon.journalPath)).get(id) || 0);
  }
}

test('SIGTERM ends a busy execd with 0 within ten seconds, and the next start finishes its orders', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '0.5', QUEUE_CONCURRENCY: '10' }).start();
  const ids = [];
  await inParallel([...Array(40).keys()], 20, async () => { ids.push(await submitOk(daemon.url, swap())); });
  const watched = followSocket(`${daemon.ws}/api/orders/${ids[0]}/stream?after=0`);
  await sleep(400);

  const stopped = await daemon.terminate();
  assert.deepStrictEqual([stopped.code, stopped.signal], [0, null]);
  assert.ok(stopped.ms < 10000, `it took ${stopped.ms} ms`);
  const { code, messages } = await watched;
  assert.ok(code === 1001 || code === 1000, `the socket was closed ${code}`);

  await daemon.start();
  await checkNothingLost(daemon, ids);
  assert.ok(messages.length <= (await readEvents(daemon.url, ids[0])).length);
});

test('a stopping execd is not ready, takes no orders on any way in, still answers, and says goodbye to every socket', async (place) => {
  const daemon = await place.daemon(SLOW_WORLD).start();
  const ids = [];
  for (let i = 0; i < 10; i++) ids.push(await submitOk(daemon.url, swap()));
  const placing = await Talk.open(`${daemon.ws}/api/orders/ws`);
  placing.say(swap());
  ids.push((await placing.nextAnswer()).orderId);
  const idle = await Talk.open(`${daemon.ws}/api/orders/ws`);
  const everything = await Talk.open(`${daemon.ws}/api/stream?topics=orders,queue,venues`);
  const states = await Talk.open(`${daemon.ws}/api/stream?topics=queue`);
  const one = await Talk.open(`${daemon.ws}/ws/orders/${ids[0]}`);
  await placing.next((message) => message.status === 'routing');

  const stopping = daemon.terminate();
  let ready = await request(`${daemon.url}/readyz`);
  while (ready.status === 200) ready = await request(`${daemon.url}/readyz`);
  assert.strictEqual(ready.status, 503);
  assert.match(ready.text, /draining/);
  assert.strictEqual((await request(`${daemon.url}/livez`)).status, 200);
  const posted = await submit(daemon.url, swap());
  assert.strictEqual(posted.status, 503);
  assert.strictEqual(posted.json.code, 'draining');
  assert.strictEqual(posted.json.retryAfter, Number(posted.headers['retry-after']));
  placing.say(swap({ clientOrderId: 'late' }));
  idle.say(swap({ clientOrderId: 'later' }));
  for (const [talk, name] of [[placing, 'late'], [idle, 'later']]) {
    const refusal = await talk.nextAnswer();
    assert.strictEqual(refusal.code, 'draining');
    assert.strictEqual(refusal.clientOrderId, name);
  }
  assert.strictEqual((await readOrder(daemon.url, ids[0])).id, ids[0]);

  const stopped = await stopping;
  assert.deepStrictEqual([stopped.code, stopped.signal], [0, null]);
  assert.ok(stopped.ms < 10000, `it took ${stopped.ms} ms`);
  for (const talk of [placing, idle, everything, states, one]) {
    assert.strictEqual((await talk.closed).code, 1001, talk.socket.url);
  }

  const settings = { ...SLOW_WORLD, MOCK_TIME_SCALE: '0.1' };
  daemon.settings = settings;
  await daemon.start();
  assert.strictEqual((await request(`${daemon.url}/api/orders`)).json.items.length, ids.length);
  await checkNothingLost(daemon, ids);
});

test('steps under way when SIGTERM comes are finished, not broken off', async (place) => {
  const daemon = await place.daemon(SLOW_WORLD).start();
  const talk = await Talk.open(`${daemon.ws}/api/orders/ws`);
  talk.say(swap());
  const { orderId } = await talk.nextAnswer();
  await talk.next((message) => message.status === 'routing');
  await daemon.terminate();
  const heard = talk.messages.filter((message) => message.seq);
  await daemon.start();
  const events = await readEvents(daemon.url, orderId);
  // The quotes that were being asked for were waited for and recorded before the end.
  const quotes = events.find((event) => event.kind === 'quotes');
  assert.ok(quotes, JSON.stringify(events.map((event) => event.status)));
  const [, startedAgain] = events.filter((event) => event.status === 'routing' && event.kind === 'moved');
  assert.ok(!startedAgain || startedAgain.seq > quotes.seq);
  assert.deepStrictEqual(heard, events.slice(0, heard.length));
});

test('a second SIGTERM ends it at once, and nothing is lost then either', async (place) => {
  const daemon = await place.daemon({ ...SLOW_WORLD, MOCK_TIME_SCALE: '20', QUOTE_TIMEOUT_MS: '30000' }).start();
  const ids = [];
  for (let i = 0; i < 10; i++) ids.push(await submitOk(daemon.url, swap()));
  const follower = await Talk.open(`${daemon.ws}/ws/orders/${ids[0]}`);
  await follower.next((message) => message.status === 'routing');

  const began = Date.now();
  const stopping = daemon.terminate();
  await sleep(300);
  assert.ok(daemon.alive, 'the first signal waits for the quotes, which take three seconds');
  process.kill(daemon.process.pid, 'SIGTERM');
  const stopped = await stopping;
  assert.deepStrictEqual([stopped.code, stopped.signal], [130, null]);
  assert.ok(Date.now() - began < 1500, `it took ${Date.now() - began} ms`);
  assert.match(daemon.log(), /leaving at once/);

  daemon.settings = { ...SLOW_WORLD, MOCK_TIME_SCALE: '0.1' };
  await daemon.start();
  await checkNothingLost(daemon, ids);
});

main();
