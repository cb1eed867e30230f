'use strict';
// Pools that are found on the chain: by `execctl pools`, and by an execd that was given a pair and no list. The node is a
// local one that holds a pool which this test encodes; nodes that cannot search are servers of this test's.

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { execctl, lines } = require('./support/execctl');
const { request, sleep } = require('./support/http');
const { makeKeyPair, startLocalnet } = require('./support/localnet');
const { readOrder, submitOk, waitForEnd } = require('./support/orders');
const { accountFile, address, fromBase58, savedPool, writePool } = require('./support/saved_pool');
const { test, main } = require('./support/suite');

const NOBODY = { url: 'http://127.0.0.1:1' };
const CPMM = 'CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C';
const FAMILIES = ['raydium_cpmm', 'raydium_amm_v4', 'orca_whirlpool', 'raydium_clmm', 'meteora_dlmm', 'meteora_damm_v2'];

// The pool of the test, and a second one of the same pair with a hundredth in its vaults and another fee, which is closed.
function twoPools() {
  const saved = savedPool();
  const byKey = new Map(saved.files.map((file) => [file.pubkey, file]));
  const copy = (key, change) => {
    const bytes = Buffer.from(byKey.get(key).account.data[0], 'base64');
    change(bytes);
    return bytes;
  };
  const second = address(101);
  const vaults = [address(120), address(121)];
  const pool = copy(saved.pool, (bytes) => {
    fromBase58(vaults[0]).copy(bytes, 72);
    fromBase58(vaults[1]).copy(bytes, 104);
    bytes[329] = 4;  // no swaps
  });
  const token = byKey.get(address(20)).account.owner;
  saved.files.push(accountFile(second, CPMM, pool),
    accountFile(vaults[0], token, copy(address(20), (bytes) => bytes.writeBigUInt64LE(10n ** 10n, 64))),
    accountFile(vaults[1], token, copy(address(21), (bytes) => bytes.writeBigUInt64LE(10n ** 9n, 64))));
  return { ...saved, second };
}

// A node that passes everything on to another one, but what `refuse(method, params)` answers itself: a status, or an error.
async function between(place, node, refuse) {
  const asked = [];
  const server = http.createServer((incoming, answer) => {
    let body = '';
    incoming.on('data', (piece) => { body += piece; });
    incoming.on('end', async () => {
      const call = JSON.parse(body);
      asked.push(call.method);
      const refused = await refuse(call.method, call.params);
      if (typeof refused === 'number') {
        answer.writeHead(refused).end('not here');
        return;
      }
      const said = refused ? { json: { jsonrpc: '2.0', id: call.id, ...refused } } : await request(node.url, { method: 'POST', body: call });
      answer.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(said.json));
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  place.atEnd(() => { server.closeAllConnections(); server.close(); });
  return { url: `http://127.0.0.1:${server.address().port}`, asked };
}

const error = (code, message) => ({ error: { code, message } });

test('execctl pools lists who trades a pair, what it holds and charges, and what it would pay', async (place) => {
  const saved = twoPools();
  const { folder } = writePool(place.folder('accounts'), saved);
  const node = await startLocalnet(place, 50, ['--account', folder]);
  const words = ['pools', 'SOL', saved.other, '--rpc', node.url];
  const { fee, out } = saved.pays(10n ** 9n);
  const said = await execctl(NOBODY, [...words, '--amount', '1000000000', '-o', 'json']);
  assert.strictEqual(said.code, 0, said.err);
  const answer = JSON.parse(said.out);
  assert.strictEqual(answer.mintIn, saved.sol);
  assert.strictEqual(answer.amountIn, '1000000000');
  assert.deepStrictEqual(answer.pools[0], {
    family: 'raydium_cpmm', pool: saved.pool, heldIn: String(10n ** 12n), heldOut: String(15n * 10n ** 10n), feePpm: 2500, open: true,
    amountIn: '1000000000', amountOut: String(out), feeAmount: String(fee), feeMint: saved.sol, priceImpactBps: 10,
  });
  assert.strictEqual(answer.pools[1].pool, saved.second);
  assert.strictEqual(answer.pools[1].open, false);
  assert.strictEqual(answer.pools[1].error.code, 'pool_closed');
  assert.strictEqual(answer.pools.length, 2);
  assert.deepStrictEqual(answer.families.map((one) => one.family), FAMILIES);
  assert.deepStrictEqual(answer.families.map((one) => one.found), [2, 0, 0, 0, 0, 0]);

  const table = await execctl(NOBODY, words);
  assert.match(table.out, new RegExp(`raydium_cpmm +${saved.pool} +1000000000000 +150000000000 +2500 +open`));
  assert.match(table.out, /pool_closed: swaps of the pool are switched off/);
  const back = JSON.parse((await execctl(NOBODY, ['pools', saved.other, 'SOL', '--rpc', node.url, '--limit', '1', '-o', 'json'])).out);
  assert.strictEqual(back.pools[0].heldIn, String(15n * 10n ** 10n));
  assert.strictEqual(back.pools.length, 1);
  // As POOLS_FILE takes them.
  assert.strictEqual((await execctl(NOBODY, [...words, '-q'])).out, `${saved.pool}\n`);
  const none = await execctl(NOBODY, ['pools', 'SOL', 'USDC', '--rpc', node.url]);
  assert.strictEqual(none.code, 0);
  assert.match(none.err, /no pool of the pair was found/);
});

test('families that a node does not search are named, and the others listed; a node that searches none is an error', async (place) => {
  const saved = twoPools();
  const { folder } = writePool(place.folder('accounts'), saved);
  const node = await startLocalnet(place, 50, ['--account', folder]);
  const some = await between(place, node, (method, params) => (method === 'getProgramAccounts' && params[0] !== CPMM ? error(-32010, 'excluded from account secondary indexes') : null));
  const said = await execctl(NOBODY, ['pools', 'SOL', saved.other, '--rpc', some.url, '-o', 'json']);
  assert.strictEqual(said.code, 3, said.err);
  assert.strictEqual(lines(said.err).length, 5, said.err);
  assert.match(said.err, /^note: orca_whirlpool could not be searched: .*excluded from account secondary indexes/m);
  const answer = JSON.parse(said.out);
  assert.strictEqual(answer.pools[0].pool, saved.pool);
  assert.strictEqual(answer.families[1].error.code, 'service_unavailable');

  for (const [refusal, code] of [[error(-32601, 'Method not found'), 3], [403, 3], [429, 7]]) {
    const none = await between(place, node, (method) => (method === 'getProgramAccounts' ? refusal : null));
    const failed = await execctl(NOBODY, ['pools', 'SOL', saved.other, '--rpc', none.url, '-o', 'json']);
    assert.strictEqual(failed.code, code, failed.err);
    assert.strictEqual(JSON.parse(failed.out).success, false);
    assert.match(failed.err, /^ {2}funds {3}\S.*\n {2}repeat {2}\S.*\n {2}next {4}\S/m);
  }
  for (const [words, pattern] of [
    [['pools', 'SOL', 'NONSENSE', '--rpc', node.url], /'NONSENSE' is no token/], [['pools', 'SOL', 'USDC'], /--rpc/],
    [['pools', 'SOL', 'SOL', '--rpc', node.url], /against itself/], [['pools', 'SOL', 'USDC', '--rpc', 'ftp://a'], /--rpc/],
    [['pools', 'SOL', 'USDC', '--rpc', node.url, '--amount', '1.5'], /--amount/],
  ]) {
    const wrong = await execctl(NOBODY, words);
    assert.strictEqual(wrong.code, 2, wrong.err);
    assert.match(wrong.err, pattern);
  }
});

test('execd finds the pools of its pairs; orders that come before wait, and those that find none fail at once', async (place) => {
  const saved = twoPools();
  const { folder } = writePool(place.folder('accounts'), saved);
  const node = await startLocalnet(place, 50, ['--account', folder]);
  let searches = true;
  const first = await between(place, node, async (method) => {
    while (method === 'getProgramAccounts' && !searches) await sleep(20);
    // So slow that the other one is asked first for whatever it answers.
    if (method !== 'getProgramAccounts') await sleep(300);
    return null;
  });
  const second = await between(place, node, (method) => (method === 'getProgramAccounts' ? 403 : null));
  const home = place.folder('home');
  const wallet = makeKeyPair(node.web3);
  await node.setLamports(wallet.address, 10n ** 12n);
  fs.writeFileSync(path.join(home, 'wallet.json'), JSON.stringify(wallet.numbers), { mode: 0o600 });
  fs.writeFileSync(path.join(home, 'tokens'), `OTHER ${saved.other} 6\n`);
  searches = false;
  const daemon = await place.daemon({
    CHAIN: 'solana', RPC_URLS: `${second.url},${first.url.replace('127.0.0.1', 'localhost')}`, KEYPAIR_FILE: path.join(home, 'wallet.json'),
    TOKENS_FILE: path.join(home, 'tokens'), DISCOVER_PAIRS: 'SOL/OTHER', LOG_LEVEL: 'info',
  }).start();
  const early = await submitOk(daemon.url, { type: 'market', tokenIn: 'SOL', tokenOut: 'OTHER', amountIn: '1' });
  await sleep(1500);
  const waiting = await readOrder(daemon.url, early);
  assert.strictEqual(waiting.status, 'pending', JSON.stringify(waiting));
  assert.strictEqual(waiting.attempt, 1);
  // A pair that nobody looks for has no pools: that is final.
  const hopeless = await waitForEnd(daemon.url, await submitOk(daemon.url, { type: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: '1' }));
  assert.strictEqual(hopeless.failure.code, 'no_route', JSON.stringify(hopeless.failure));

  searches = true;
  let quote = null;
  for (const giveUpAt = Date.now() + 20000; !(quote && quote.pool === saved.pool) && Date.now() < giveUpAt; await sleep(100)) {
    const answer = await request(`${daemon.url}/api/quote?tokenIn=SOL&tokenOut=OTHER&amountIn=1`);
    quote = answer.json.quotes ? answer.json.quotes.find((one) => one.venue === 'raydium_cpmm') : null;
  }
  assert.ok(quote, 'no quote came');
  assert.strictEqual(quote.pool, saved.pool);
  // The node has no program to trade with: the order got as far as that, and the venue was asked.
  const end = await waitForEnd(daemon.url, early);
  assert.notStrictEqual(end.failure.code, 'no_route', JSON.stringify(end.failure));
  assert.match(daemon.log(), /pools\.found/);
  // The endpoint that refuses to search is as good as ever for the rest.
  assert.ok(second.asked.includes('getProgramAccounts') && second.asked.filter((method) => method === 'getMultipleAccounts').length > 0, second.asked.join());
  assert.doesNotMatch(daemon.log(), /rpc\.endpoint_failing/);
  assert.strictEqual((await daemon.terminate()).code, 0);
});

main();
