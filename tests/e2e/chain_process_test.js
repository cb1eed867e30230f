'use strict';
// The chain as a process of its own: killing the engine never kills the judge, and killing the judge loses nothing.

const assert = require('node:assert');
const { test, main } = require('./support/suite');
const { ChainProcess } = require('./support/chain_process');
const { freePort } = require('./support/ports');
const { execctl } = require('./support/execctl');
const { request, sleep } = require('./support/http');
const { swap, submit, submitOk, readEvents, waitForEnd, inParallel } = require('./support/orders');
const { readJournal, landings, checkEvents, checkAgainstChain } = require('./support/judge');

const SCALE = '0.1';
const world = (chain) => ({
  CHAIN: chain.url, MOCK_TIME_SCALE: SCALE, MOCK_FAILURE_RATE: '0.05', MOCK_SEED: '5', MAX_RETRIES: '12', RETRY_BASE_MS: '50',
  ORDER_DEADLINE_MS: '120000', QUEUE_CONCURRENCY: '20', LOG_LEVEL: 'warn',
});
// Trouble of every kind that a network has, a little of each.
const TROUBLES = ['drop=0.05', 'late=0.05', 'fork=0.1', 'lost_request=0.03', 'lost_reply=0.05', 'duplicate=0.1', 'node-2=lag=4']
  .flatMap((fault) => ['--fault', fault]);

async function chainOf(place, flags = TROUBLES) {
  const chain = new ChainProcess(place.folder('chain'), ['--time-scale', SCALE, '--seed', '9', '--log-level', 'warn', ...flags]);
  place.atEnd(() => chain.kill9());
  await chain.start();
  return chain;
}

// Submits until the answer arrives, whatever happens to the daemon, under the same key each time.
async function submitSurely(daemon, key) {
  for (;;) {
    try {
      const answer = await submit(daemon.url, swap({ clientOrderId: key }), { 'Idempotency-Key': key });
      if (answer.status === 202) return answer.json.orderId;
      assert.ok(answer.status === 503 || answer.status === 409, `${key} was answered ${answer.status}: ${answer.text}`);
    } catch (error) {
      if (error.code === 'ERR_ASSERTION') throw error;
    }
    await sleep(20);
  }
}

// Every order ends; it is confirmed if and only if the chain's journal has exactly one landing of it.
async function judge(daemon, chain, ids) {
  const orders = new Array(ids.length);
  await inParallel(ids, 10, async (id, index) => {
    orders[index] = await waitForEnd(daemon.url, id, { withinMs: 60000 });
    checkEvents(id, await readEvents(daemon.url, id));
  });
  const journal = readJournal(chain.journalPath);
  const landed = landings(journal);
  ids.forEach((id, index) => checkAgainstChain(id, orders[index].status, landed.get(id) || 0));
  for (const id of landed.keys()) assert.ok(ids.includes(id), `the chain knows ${id}, which nobody was told of`);
  const confirmed = orders.filter((order) => order.status === 'confirmed').length;
  assert.ok(confirmed >= ids.length * 0.9, `only ${confirmed} of ${ids.length} were confirmed`);
  const count = (outcome) => journal.filter((line) => line.outcome === outcome).length;
  console.log(`         ${confirmed} of ${ids.length} confirmed; the chain saw ${count('sent')} sent, ${count('dropped')} dropped, ` +
    `${count('forked')} forked, ${count('start')} starts`);
  return journal;
}

test('execd is killed three times while its chain lives on: every order ends, none lands twice', async (place) => {
  const chain = await chainOf(place);
  const daemon = await place.daemon(world(chain)).start();
  const ids = new Array(30);
  const submitting = inParallel([...ids.keys()], 10, async (index) => {
    await sleep(index * 50);
    ids[index] = await submitSurely(daemon, `engine-${index}`);
  });
  for (const lifeMs of [350, 600, 450]) {
    await sleep(lifeMs);
    await daemon.kill9();
    await sleep(150);
    await daemon.start();
  }
  await submitting;
  const journal = await judge(daemon, chain, ids);
  assert.strictEqual(journal.filter((line) => line.outcome === 'start').length, 1, 'the chain was never restarted');
  assert.strictEqual((await daemon.terminate()).code, 0);
  assert.strictEqual((await chain.terminate()).code, 0);
  chain.assertHealthyLog();
});

test('the chain is killed three times under its execd: readiness tells, orders wait and end, none lands twice', async (place) => {
  const chain = await chainOf(place);
  const daemon = await place.daemon(world(chain)).start();
  const ids = new Array(30);
  const submitting = inParallel([...ids.keys()], 10, async (index) => {
    await sleep(index * 50);
    ids[index] = await submitOk(daemon.url, swap());  // the daemon goes on accepting all the time
  });
  for (const lifeMs of [350, 500, 650]) {
    await sleep(lifeMs);
    await chain.kill9();
    for (;;) {
      const ready = await request(`${daemon.url}/readyz?verbose`);
      if (ready.status === 503) {
        assert.match(ready.text, /^\[\+\] store ok\n\[-\] chain: the chain process at sim:\/\/127\.0\.0\.1:\d+ is not reachable/m);
        break;
      }
      await sleep(5);
    }
    assert.strictEqual((await request(`${daemon.url}/livez`)).status, 200);
    await sleep(150);
    await chain.start();
  }
  await submitting;
  const journal = await judge(daemon, chain, ids);
  assert.strictEqual(journal.filter((line) => line.outcome === 'start').length, 4);
  assert.strictEqual((await request(`${daemon.url}/readyz`)).status, 200);
  assert.strictEqual((await daemon.terminate()).code, 0);
  chain.assertHealthyLog();
});

test('an execd that starts before its chain is not ready, takes orders, and recovers by itself', async (place) => {
  const chain = await chainOf(place, []);
  await chain.kill9();
  const daemon = place.daemon(world(chain));
  daemon.port = await freePort();
  daemon.launch();
  for (;;) {
    assert.ok(daemon.alive, `execd did not start:\n${daemon.logTail()}`);
    const ready = await request(`${daemon.url}/readyz`).catch(() => null);
    if (ready !== null) {
      assert.strictEqual(ready.status, 503);
      assert.match(ready.text, /chain process/);
      break;
    }
    await sleep(20);
  }
  const id = await submitOk(daemon.url, swap());
  await sleep(200);
  await chain.start();
  assert.strictEqual((await waitForEnd(daemon.url, id)).status, 'confirmed');
  assert.strictEqual((await request(`${daemon.url}/readyz`)).status, 200);
  assert.strictEqual(landings(readJournal(chain.journalPath)).get(id), 1);
});

test('two engines share one chain, and its faults are switched by execsim while it runs', async (place) => {
  const chain = await chainOf(place, []);
  const daemons = [await place.daemon(world(chain)).start(), await place.daemon(world(chain)).start()];
  const ids = await Promise.all(daemons.map((daemon) => submitOk(daemon.url, swap())));
  for (const [index, daemon] of daemons.entries()) {
    assert.strictEqual((await waitForEnd(daemon.url, ids[index])).status, 'confirmed');
  }
  const landed = landings(readJournal(chain.journalPath));
  for (const id of ids) assert.strictEqual(landed.get(id), 1);

  assert.strictEqual(await chain.fault('stall', 'on'), 'stall=on');
  const stuck = await submitOk(daemons[0].url, swap());
  await sleep(800);
  assert.strictEqual((await request(`${daemons[0].url}/api/orders/${stuck}`)).json.order.status, 'submitted');
  assert.strictEqual(await chain.fault('drop', '0.5'), 'stall=on drop=0.5');
  const faults = await ChainProcess.ask('faults', '--at', chain.url);
  assert.deepStrictEqual([faults.code, faults.out], [0, 'stall=on drop=0.5\n']);
  assert.strictEqual(await chain.fault('all', 'off'), 'none');
  assert.strictEqual((await waitForEnd(daemons[0].url, stuck)).status, 'confirmed');

  // The engine's own switch knows its venues and says where the chain's is.
  const elsewhere = await request(`${daemons[0].url}/api/faults/chain`, { method: 'PUT', body: { mode: 'drop' } });
  assert.strictEqual(elsewhere.status, 404);
  assert.match(elsewhere.text, /execsim fault/);
  const told = await execctl(daemons[0], ['fault', 'set', 'chain', '--mode', 'drop']);
  assert.notStrictEqual(told.code, 0);
  assert.match(told.err, /execsim fault/);
});

test('execsim says what is wrong with its options, its journal and its port', async (place) => {
  const chain = await chainOf(place, []);
  const folder = place.folder('other');
  const cases = [
    [2, /'drops'.*there are stall/, ['fault', 'drops', '1', '--at', chain.url]],
    [2, /drop is a decimal from 0/, ['fault', 'drop', '2', '--at', chain.url]],
    [2, /--at is sim:\/\/HOST:PORT/, ['faults', '--at', 'localhost']],
    [3, /not reachable|refused/, ['faults', '--at', 'sim://127.0.0.1:1']],
    [2, /--time-scale/, ['--time-scale', 'fast']],
    [2, /--fault/, ['--fault', 'fork']],
    [2, /--insecure/, ['--host', '0.0.0.0', '--port', '0', '--journal', `${folder}/j`]],
    [3, /belongs to another process/, ['--port', '0', '--journal', chain.journalPath]],
    [3, /cannot listen/, ['--port', String(chain.port), '--journal', `${folder}/k`]],
  ];
  for (const [code, sentence, words] of cases) {
    const answer = await ChainProcess.ask(...words);
    assert.strictEqual(answer.code, code, `${words.join(' ')}: ${answer.err}`);
    assert.match(answer.err, sentence);
  }
});

main();
