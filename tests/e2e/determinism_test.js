'use strict';
// With a seed and without waiting, the simulated world decides every order alike, however many run beside it.

const assert = require('node:assert');
const http = require('node:http');
const { test, main } = require('./support/suite');
const { request } = require('./support/http');
const { swap, submitOk, waitForEnd, inParallel } = require('./support/orders');

const ORDERS = 60;
const PAIRS = [['SOL', 'USDC', '2.5'], ['USDC', 'SOL', '750'], ['JUP', 'USDC', '1200'], ['SOL', 'BONK', '0.75']];

function bodyOf(number) {
  const [tokenIn, tokenOut, amountIn] = PAIRS[number % PAIRS.length];
  return swap({ tokenIn, tokenOut, amountIn, slippageBps: number % 5 === 0 ? 10 : 100, clientOrderId: `fate-${number}` });
}

// What must not depend on the run: everything but ids, times and how long a quote took.
function decisionsOf(routing) {
  return routing.decisions.map((decision) => ({
    attempt: decision.attempt,
    chosen: decision.chosenDex,
    quotes: decision.quotes.map(({ latencyMs, quotedAt, ...quote }) => quote),
  }));
}

function outcomeOf(order) {
  const attempts = order.attempts.map(({ attempt, venue, resolution, amountIn, amountOut, error }) => (
    { attempt, venue, resolution, amountIn, amountOut, error: error && error.code }));
  const { status, dexUsed, executedPrice, quotedPrice, minAmountOut, amountIn, amountOut, attempt } = order;
  const failure = order.failure && order.failure.code;
  return { status, dexUsed, executedPrice, quotedPrice, minAmountOut, amountIn, amountOut, attempt, failure, attempts };
}

async function runOnce(place, concurrency) {
  const settings = {
    MOCK_SEED: '42', MOCK_TIME_SCALE: '0', MOCK_FAILURE_RATE: '0.2', RETRY_BASE_MS: '1', QUEUE_CONCURRENCY: String(concurrency),
    LOG_LEVEL: 'warn',
  };
  const daemon = await place.daemon(settings).start();
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
  place.atEnd(() => agent.destroy());
  const story = new Array(ORDERS);
  await inParallel([...story.keys()], concurrency, async (number) => {
    const id = await submitOk(daemon.url, bodyOf(number), {}, agent);
    const order = await waitForEnd(daemon.url, id, { agent, everyMs: 5 });
    const routing = (await request(`${daemon.url}/api/orders/${id}/routing`, { agent })).json;
    story[number] = { decisions: decisionsOf(routing), outcome: outcomeOf(order) };
  });
  assert.strictEqual((await daemon.terminate()).code, 0);
  return story;
}

test('two runs of one seed decide and end every order alike, one at a time or fifty at once', async (place) => {
  const alone = await runOnce(place, 1);
  for (const concurrency of [1, 50, 50]) {
    const again = await runOnce(place, concurrency);
    again.forEach((order, number) => {
      assert.deepStrictEqual(order, alone[number], `order fate-${number} at concurrency ${concurrency}`);
    });
  }
  // The seed is only worth something if it makes things happen.
  const confirmed = alone.filter((order) => order.outcome.status === 'confirmed').length;
  const retried = alone.filter((order) => order.decisions.length > 1).length;
  const venues = new Set(alone.map((order) => order.outcome.dexUsed));
  assert.ok(confirmed > 0 && retried > 0 && venues.size > 1, JSON.stringify({ confirmed, retried, venues: [...venues] }));
});

main();
