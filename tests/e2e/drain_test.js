'use strict';
// SIGTERM: orders in flight reach a safe point, the process ends with 0, and nothing is lost.

const assert = require('node:assert');
const { test, main, FAST_WORLD } = require('./support/suite');
const { request, sleep } = require('./support/http');
const { swap, submit, submitOk, readEvents, waitForEnd, followSocket, inParallel } = require('./support/orders');
const { readJournal, landings, checkEvents, checkAgainstChain } = require('./support/judge');

test('SIGTERM ends a busy execd with 0 within ten seconds, and the next start finishes its orders', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '0.5', QUEUE_CONCURRENCY: '10' }).start();
  const ids = [];
  await inParallel([...Array(60).keys()], 20, async () => { ids.push(await submitOk(daemon.url, swap())); });
  const watched = followSocket(`${daemon.ws}/api/orders/${ids[0]}/stream?after=0`);
  await sleep(400);

  const stopped = await daemon.terminate();
  assert.deepStrictEqual([stopped.code, stopped.signal], [0, null]);
  assert.ok(stopped.ms < 10000, `it took ${stopped.ms} ms`);
  const { code, messages } = await watched;
  assert.ok(code === 1001 || code === 1000, `the socket was closed ${code}`);

  await daemon.start();
  for (const id of ids) {
    const order = await waitForEnd(daemon.url, id);
    const events = await readEvents(daemon.url, id);
    checkEvents(id, events);
    checkAgainstChain(id, order.status, landings(readJournal(daemon.journalPath)).get(id) || 0);
    if (id === ids[0]) assert.ok(messages.length <= events.length);
  }
});

test('a stopping execd takes no new orders and says so', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '1', QUEUE_CONCURRENCY: '50' }).start();
  for (let i = 0; i < 20; i++) await submitOk(daemon.url, swap());
  await sleep(300);
  const stopping = daemon.terminate();
  let refused = 0;
  for (let tries = 0; daemon.alive && tries < 1000; tries++) {
    try {
      const answer = await submit(daemon.url, swap());
      if (answer.status === 503) {
        refused += 1;
        assert.strictEqual(answer.json.code, 'draining');
        assert.strictEqual((await request(`${daemon.url}/readyz`)).status, 503);
      } else {
        assert.strictEqual(answer.status, 202);
      }
    } catch (error) {
      if (error.code === 'ERR_ASSERTION') throw error;
      break; // it no longer listens
    }
  }
  assert.strictEqual((await stopping).code, 0);
  console.log(`         ${refused} submissions were refused while it drained`);
});

main();
