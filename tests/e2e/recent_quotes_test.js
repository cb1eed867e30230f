'use strict';
// Quotes that need not read the chain: a local node serves a pool's accounts and tells of their changes, and a proxy in front
// of it counts what execd asks. Nothing is traded, so the pool's program is not needed.

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const { request, sleep } = require('./support/http');
const { makeKeyPair, startLocalnet, SOL_MINT } = require('./support/localnet');
const { savedPool, writePool } = require('./support/saved_pool');
const { test, main } = require('./support/suite');

const SLOT_MS = 100;
const LONGEST_LIFE_MS = 2000;
const SOL = 10n ** 9n;

// The node behind two ports in a row, as validators have them: `asked` counts the calls by method.
async function countingProxy(place, node) {
  const proxy = { asked: {} };
  const calls = http.createServer((question, answer) => {
    const pieces = [];
    question.on('data', (piece) => pieces.push(piece));
    question.on('end', async () => {
      const text = Buffer.concat(pieces).toString();
      const { method } = JSON.parse(text);
      proxy.asked[method] = (proxy.asked[method] || 0) + 1;
      const said = await request(node.url, { method: 'POST', body: text }).catch(() => null);
      if (!said) return answer.destroy();
      answer.writeHead(said.status, { 'Content-Type': 'application/json' });
      return answer.end(said.text);
    });
  });
  const sockets = net.createServer((near) => {
    const far = net.connect(node.port + 1, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]]) one.on('error', () => other.destroy()).on('close', () => other.destroy()).pipe(other);
  });
  for (;;) {
    await new Promise((resolve) => { calls.listen(0, '127.0.0.1', resolve); });
    const { port } = calls.address();
    const free = await new Promise((resolve) => {
      sockets.once('error', () => resolve(false));
      sockets.listen(port + 1, '127.0.0.1', () => resolve(true));
    });
    proxy.url = `http://127.0.0.1:${port}`;
    if (free) break;
    await new Promise((resolve) => { calls.close(resolve); });
  }
  place.atEnd(() => { calls.close(); calls.closeAllConnections?.(); sockets.close(); });
  return proxy;
}

class World {
  static async open(place, settings = {}) {
    const world = new World();
    const folder = place.folder('files');
    world.saved = writePool(path.join(folder, 'pool'));
    world.node = await startLocalnet(place, SLOT_MS, ['--account', world.saved.folder]);
    world.proxy = await countingProxy(place, world.node);
    const write = (name, text) => { fs.writeFileSync(path.join(folder, name), text, { mode: 0o600 }); return path.join(folder, name); };
    world.daemon = place.daemon({
      CHAIN: 'solana', RPC_URLS: world.proxy.url, LOG_LEVEL: 'info', POOLS_FILE: write('pools', `${world.saved.pool}\n`),
      KEYPAIR_FILE: write('wallet.json', JSON.stringify(makeKeyPair(world.node.web3).numbers)), TOKENS_FILE: write('tokens', `OTHER ${world.saved.other} 6\n`), ...settings,
    });
    await world.daemon.start();
    return world;
  }

  async quote() {
    const answer = await request(`${this.daemon.url}/api/quote?tokenIn=SOL&tokenOut=OTHER&amountIn=1`);
    assert.strictEqual(answer.status, 200, answer.text);
    const quote = answer.json.quotes.find(({ venue }) => venue === 'raydium_cpmm');
    assert.ok(quote && !quote.error, answer.text);
    assert.ok(quote.ageMs >= 0 && quote.ageMs < LONGEST_LIFE_MS + 500, answer.text);
    return quote;
  }

  reads() { return this.proxy.asked.getMultipleAccounts || 0; }
  expected() { return (Number(this.saved.pays(SOL).out) / 1e6).toFixed(6); }

  async isQuotedAs(text, withinMs) {
    const from = Date.now();
    for (;;) {
      if ((await this.quote()).amountOut === text) return Date.now() - from;
      assert.ok(Date.now() - from < withinMs, `not quoted as ${text} within ${withinMs} ms`);
    }
  }

  // Until a quote needs no question.
  async warm() {
    for (const giveUpAt = Date.now() + 10000; ; await sleep(20)) {
      const before = this.reads();
      await this.quote();
      if (this.reads() === before) return;
      assert.ok(Date.now() < giveUpAt, 'each quote still reads the chain');
    }
  }

  // Somebody trades: the pool holds so much more of the other token.
  async change(more) {
    const then = savedPool({ heldOther: 15n * 10n ** 10n + more });
    this.saved.pays = then.pays;
    for (const { pubkey, account } of then.files) {
      if (pubkey !== SOL_MINT) await this.node.call('ctl_setAccount', { pubkey, owner: account.owner, lamports: String(account.lamports), data: account.data[0] });
    }
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

test('a quote is priced from what is listened to, without a question, and follows a change within slots', async (place) => {
  const world = await World.open(place);
  await world.warm();
  const before = world.reads();
  const slots = new Set();
  for (const until = Date.now() + 1000; Date.now() < until; await sleep(20)) {
    const quote = await world.quote();
    assert.strictEqual(quote.amountOut, world.expected());
    slots.add(quote.slot);
  }
  assert.ok(world.reads() - before <= 1, `${world.reads() - before} reads in a second`);
  const took = [];
  for (let more = 1n; more <= 5n; more++) {
    await world.warm();
    const old = await world.quote();
    await world.change(more * 10n ** 9n);
    took.push(await world.isQuotedAs(world.expected(), 1500));
    assert.ok((await world.quote()).slot > old.slot);
  }
  const text = (await request(`${world.daemon.url}/metrics`)).text;
  const counted = (from) => Number(new RegExp(`^libexec_quote_reads_total\\{from="${from}"\\} (\\d+)$`, 'm').exec(text)[1]);
  assert.ok(counted('shelf') > 20, text);
  assert.ok(counted('renewal') >= 1, text);
  console.log(`         a change is quoted after ${median(took)} ms (slots of ${SLOT_MS} ms), ${counted('shelf')} quotes from the shelf, ${counted('chain')} from the chain, ${counted('renewal')} unasked reads`);
  assert.strictEqual((await world.daemon.terminate()).code, 0);
});

test('when the node cuts the connection nothing old is quoted, and listening begins again', async (place) => {
  const world = await World.open(place);
  for (let round = 1n; round <= 3n; round++) {
    await world.warm();
    const lost = world.daemon.log().split('rpc.subscriptions_lost').length;
    assert.ok(await world.node.call('ctl_dropWs') >= 1);
    for (const giveUpAt = Date.now() + 5000; world.daemon.log().split('rpc.subscriptions_lost').length === lost; await sleep(2)) assert.ok(Date.now() < giveUpAt);
    // Nobody is told of this one.
    await world.change(round * 10n ** 9n);
    assert.strictEqual((await world.quote()).amountOut, world.expected());
  }
  await world.warm();
  assert.strictEqual((await world.quote()).amountOut, world.expected());
  assert.strictEqual((await world.daemon.terminate()).code, 0);
});

test('switched off, each quote reads the chain, and nothing is listened to', async (place) => {
  const slow = { latencyMs: 60 };
  const figures = {};
  for (const listens of ['true', 'false']) {
    const world = await World.open(place, { RPC_SUBSCRIBE: listens });
    if (listens === 'true') await world.warm(); else await world.quote();
    await world.node.call('ctl_faults', slow);
    const before = world.reads();
    const took = [];
    for (let i = 0; i < 20; i++) {
      const from = process.hrtime.bigint();
      await world.quote();
      took.push(Number(process.hrtime.bigint() - from) / 1e6);
    }
    figures[listens] = { ms: median(took).toFixed(1), reads: world.reads() - before };
    const { subs } = await world.node.call('ctl_stats');
    assert.strictEqual(subs > 0, listens === 'true');
    assert.strictEqual((await world.daemon.terminate()).code, 0);
  }
  assert.strictEqual(figures.false.reads, 20);
  assert.ok(figures.true.reads <= 4, JSON.stringify(figures));
  console.log(`         20 quotes of a node that takes ${slow.latencyMs} ms: ${figures.true.reads} reads, median ${figures.true.ms} ms; switched off ${figures.false.reads} reads, median ${figures.false.ms} ms`);
});

main();
