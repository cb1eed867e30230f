'use strict';
// Following orders: WebSocket on all three paths, event streams, and resuming either.

const assert = require('node:assert');
const { test, main } = require('./support/suite');
const { request, readEventStream } = require('./support/http');
const { swap, submitOk, readEvents, waitForEnd, followSocket, eventsIn } = require('./support/orders');
const { checkEvents } = require('./support/judge');

const paths = (id) => [`/api/orders/${id}/stream`, `/api/orders/execute?orderId=${id}`, `/ws/orders/${id}`];

test('ten orders are followed on three paths each, and every socket tells the same story to its end', async (place) => {
  const daemon = await place.daemon().start();
  const ids = await Promise.all(Array.from({ length: 10 }, (_, i) => submitOk(daemon.url, swap({ amountIn: String(i + 1) }))));
  assert.strictEqual(new Set(ids).size, 10);
  await Promise.all(ids.map(async (id) => {
    const stories = await Promise.all(paths(id).map((path) => followSocket(daemon.ws + path)));
    const kept = await readEvents(daemon.url, id);
    checkEvents(id, kept);
    for (const { messages, code } of stories) {
      assert.strictEqual(code, 1000);
      assert.ok(messages[0].logs, 'a socket begins with a snapshot');
      assert.deepStrictEqual(eventsIn(messages), kept);
    }
  }));
});

test('a socket resumes after any event, without gap or repeat', async (place) => {
  const daemon = await place.daemon().start();
  const id = await submitOk(daemon.url, swap());
  // Hangs up after each event and comes back for the rest, while the order is running.
  const seen = [];
  for (let code = 0; code !== 1000;) {
    const after = seen.length;
    const part = await followSocket(`${daemon.ws}/api/orders/${id}/stream?after=${after}`, {
      onMessage: (message, socket) => socket.terminate(),
    });
    assert.ok(!part.messages.some((message) => message.logs), 'no snapshot when resuming');
    seen.push(...part.messages);
    code = part.code;
    assert.ok(seen.length < 50);
  }
  const kept = await readEvents(daemon.url, id);
  assert.deepStrictEqual(seen, kept);
  // And once more when it has ended.
  for (let after = 0; after <= kept.length; after++) {
    const part = await followSocket(`${daemon.ws}/api/orders/${id}/stream?after=${after}`);
    assert.deepStrictEqual(part.messages, kept.slice(after));
    assert.strictEqual(part.code, 1000);
  }
});

test('an event stream can be read by curl, and resumed by ?after= and by Last-Event-ID', async (place) => {
  const daemon = await place.daemon().start();
  const id = await submitOk(daemon.url, swap());
  const url = `${daemon.url}/api/orders/${id}/events`;
  const first = await readEventStream(url, { stopAfter: 2 });
  assert.strictEqual(first.status, 200);
  assert.match(first.contentType, /^text\/event-stream/);
  const second = await readEventStream(`${url}?after=2`, { stopAfter: 1 });
  const rest = await readEventStream(url, { headers: { 'Last-Event-ID': '3' } });
  assert.strictEqual(rest.ended, true);
  const all = [...first.messages, ...second.messages, ...rest.messages];
  assert.deepStrictEqual(all.map((message) => message.id), all.map((message) => String(message.data.seq)));
  assert.deepStrictEqual(all.map((message) => message.data), await readEvents(daemon.url, id));
});

test('whom a stream is refused to, and how', async (place) => {
  const daemon = await place.daemon({ MOCK_TIME_SCALE: '1', MOCK_FAILURE_RATE: '0' }).start();
  const id = await submitOk(daemon.url, swap());
  for (const path of paths(id)) {
    const plain = await request(daemon.url + path);
    assert.strictEqual(plain.status, 426, path);
    assert.strictEqual(plain.json.code, 'upgrade_required');
  }
  const unknown = '01890000-0000-7000-8000-000000000000';
  for (const path of paths(unknown)) assert.strictEqual((await followSocket(daemon.ws + path)).refused, 404, path);
  assert.strictEqual((await request(`${daemon.url}/api/orders/${unknown}/events`)).status, 404);

  // Three sockets follow; the fourth is refused while they are open.
  let open = 0;
  let refused = null;
  await Promise.all([0, 1, 2].map(() => followSocket(daemon.ws + paths(id)[0], {
    onMessage: async (message, socket) => {
      if (!message.logs) return;
      open += 1;
      if (open < 3) return;
      refused = (await followSocket(daemon.ws + paths(id)[2])).refused;
      socket.close();
    },
  })));
  assert.strictEqual(refused, 429);
  assert.strictEqual((await waitForEnd(daemon.url, id)).status, 'confirmed');
});

main();
