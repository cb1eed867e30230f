'use strict';
// execd on a Solana cluster: a local node that runs the real transaction runtime and injects faults. It has no pools, so
// orders trade with a counterparty: two token transfers in one transaction, signed by both. The node's own ledger judges.

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { test, main } = require('./support/suite');
const { chance } = require('./support/chance');
const { request, sleep } = require('./support/http');
const { checkEvents } = require('./support/judge');
const { makeKeyPair, startLocalnet, SOL_MINT } = require('./support/localnet');
const { BalanceProxy } = require('./support/rpc_proxy');
const { inParallel, readEvents, readOrder, submit, submitOk, swap, waitForEnd } = require('./support/orders');

const USDC_MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';
const SOL = 10n ** 9n;
const SLOT_MS = 50;  // a blockhash lives 7.5 s then, and finality takes 1.6 s
const ALL = process.argv.includes('--all');

// A node, a funded wallet and a counterparty that gives 150 USDC for a SOL and a SOL for 150 USDC.
// With `balances` execd asks a proxy that knows what the accounts held.
async function world(place, { urls = (node) => node.urls, settings = {}, balances = false } = {}) {
  const node = await startLocalnet(place, SLOT_MS);
  const folder = place.folder('wallet');
  const wallet = makeKeyPair(node.web3);
  const counterparty = makeKeyPair(node.web3);
  for (const [name, pair] of [['wallet.json', wallet], ['counterparty.json', counterparty]]) {
    fs.writeFileSync(path.join(folder, name), JSON.stringify(pair.numbers), { mode: 0o600 });
  }
  await node.makeMint(USDC_MINT, 6);
  await node.setLamports(wallet.address, 1000n * SOL);
  await node.setLamports(counterparty.address, SOL);
  await node.fund(wallet.address, USDC_MINT, 5000000n);
  await node.fund(counterparty.address, USDC_MINT, 10n ** 15n);
  await node.fund(counterparty.address, SOL_MINT, 10n ** 6n * SOL);
  const transfers = path.join(folder, 'transfers');
  fs.writeFileSync(transfers, `counterparty ${path.join(folder, 'counterparty.json')}\n`
    + `${SOL_MINT} 1000000000 ${USDC_MINT} 150000000  # SOL is sold for 150\n${USDC_MINT} 150000000 ${SOL_MINT} 1000000000\n`);
  const owned = [wallet, counterparty].flatMap(({ address }) => [address, node.tokenAccount(address, USDC_MINT), node.tokenAccount(address, SOL_MINT)]);
  const proxy = balances ? await new BalanceProxy(node, owned).start(place) : null;
  const daemon = place.daemon({
    CHAIN: 'solana', RPC_URLS: proxy ? proxy.urls : urls(node), KEYPAIR_FILE: path.join(folder, 'wallet.json'), TRANSFER_FILE: transfers,
    ORDER_DEADLINE_MS: '60000', RETRY_BASE_MS: '100', QUOTE_TIMEOUT_MS: '5000', LOG_LEVEL: 'info', ...settings,
  });
  return { node, wallet, counterparty, daemon, folder, proxy };
}

test('SOL is wrapped, sold and what comes is booked, to the lamport; and back again', async (place) => {
  const { node, wallet, counterparty, daemon } = await world(place);
  await daemon.start();
  const before = await node.lamports(wallet.address);
  const sold = await submitOk(daemon.url, swap({ amountIn: '2' }));
  const first = await waitForEnd(daemon.url, sold);
  assert.strictEqual(first.status, 'confirmed', JSON.stringify(first));
  assert.strictEqual(await node.tokens(wallet.address, USDC_MINT), 5000000n + 300000000n);
  const attempt = first.attempts[0];
  const paid = before - await node.lamports(wallet.address);
  assert.strictEqual(paid - 2n * SOL, 2n * 5000n + await priorityFee(node, attempt.signature || first.txHash), 'two signatures and the priority fee');
  assert.strictEqual(await node.tokens(counterparty.address, SOL_MINT), 10n ** 6n * SOL + 2n * SOL);
  // This node is on loopback: whoever asks may know where.
  const page = `https://explorer.solana.com/tx/${first.txHash}?cluster=custom&customUrl=${encodeURIComponent(node.url)}`;
  assert.strictEqual(first.explorerUrl, page);
  assert.strictEqual(attempt.explorerUrl, page);
  const lists = [`/api/orders/${sold}/attempts`, '/api/orders', `/api/orders/${sold}/events`];
  const [attempts, orders, events] = (await Promise.all(lists.map((way) => request(daemon.url + way)))).map((answer) => answer.json);
  assert.strictEqual(attempts.attempts[0].explorerUrl, page);
  assert.strictEqual(orders.items[0].explorerUrl, page);
  for (const event of events.events.filter((one) => one.txHash)) assert.deepStrictEqual([event.explorerUrl, event.data.explorerUrl], [page, page]);
  const stream = await request(`${daemon.url}/api/orders/${sold}/events`, { headers: { Accept: 'text/event-stream' } });
  assert.ok(stream.text.includes(JSON.stringify(page)), stream.text);
  // The wrapped account was ended behind the swap.
  assert.strictEqual((await node.call('getAccountInfo', node.tokenAccount(wallet.address, SOL_MINT))).value, null);

  const between = await node.lamports(wallet.address);
  const bought = await submitOk(daemon.url, swap({ tokenIn: 'USDC', tokenOut: 'SOL', amountIn: '300' }));
  const second = await waitForEnd(daemon.url, bought);
  assert.strictEqual(second.status, 'confirmed', JSON.stringify(second));
  assert.strictEqual(await node.tokens(wallet.address, USDC_MINT), 5000000n);
  const came = await node.lamports(wallet.address) - between;
  assert.strictEqual(2n * SOL - came, 2n * 5000n + await priorityFee(node, second.txHash));
  for (const id of [sold, bought]) checkEvents(id, await readEvents(daemon.url, id));
  assert.deepStrictEqual([...(await node.landings(wallet.address)).entries()].sort(), [[sold, 1], [bought, 1]].sort());
  assert.strictEqual((await daemon.terminate()).code, 0);
});

test('a token the wallet never had gets an account: its rent is booked apart from amounts and fee', async (place) => {
  const { node, wallet, daemon, proxy } = await world(place, { balances: true });
  const account = node.tokenAccount(wallet.address, USDC_MINT);
  await node.call('ctl_setAccount', { pubkey: account, owner: '11111111111111111111111111111111', lamports: '0', data: '' });
  await daemon.start();
  await proxy.remember();
  const before = await node.lamports(wallet.address);
  const order = await waitForEnd(daemon.url, await submitOk(daemon.url, swap({ amountIn: '2' })));
  assert.strictEqual(order.status, 'confirmed', JSON.stringify(order));
  const [attempt] = order.attempts;
  assert.deepStrictEqual([attempt.amountIn, attempt.amountOut, attempt.rent, attempt.rentReturned],
    ['2.000000000', '300.000000', '0.002039280', '0.000000000']);
  const confirmed = (await readEvents(daemon.url, order.id)).find((event) => event.status === 'confirmed');
  assert.strictEqual(confirmed.data.rent, attempt.rent);
  const paid = before - await node.lamports(wallet.address);
  const sol = (text) => BigInt(text.replace('.', ''));
  assert.strictEqual(paid, sol(attempt.amountIn) + sol(attempt.fee) + sol(attempt.rent), 'to the lamport');
});

// How long an order was under way, from the bytes to the end, in milliseconds.
async function underWay(daemon, proxy) {
  await proxy.remember();
  const id = await submitOk(daemon.url, swap({ amountIn: '0.1' }));
  const order = await waitForEnd(daemon.url, id, { withinMs: 60000, everyMs: 20 });
  assert.strictEqual(order.status, 'confirmed', JSON.stringify(order));
  assert.strictEqual(order.attempts[0].rent, '0.000000000', 'what it moved was told');
  const events = await readEvents(daemon.url, id);
  const at = (status) => Date.parse(events.find((event) => event.kind === 'moved' && event.status === status).timestamp);
  return at('confirmed') - at('submitted');
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

test('what lands is seen at once where the node tells of it, and a lost connection costs no more than time', async (place) => {
  const { node, daemon, proxy } = await world(place, { balances: true });
  const asking = place.daemon({ ...daemon.settings, RPC_SUBSCRIBE: 'false' });
  await daemon.start();
  await asking.start();
  const took = { told: [], asked: [] };
  for (let n = 0; n < (ALL ? 30 : 10); ++n) {
    // At no fixed distance from the rounds of questions.
    await sleep((37 * n) % 500);
    took.told.push(await underWay(daemon, proxy));
    took.asked.push(await underWay(asking, proxy));
  }
  console.log(`         final after ${median(took.told)} ms where it is told, ${median(took.asked)} ms where it is asked (medians of ${took.told.length})`);
  assert.ok(median(took.told) < median(took.asked), JSON.stringify(took));
  // The node hangs up while an order is under way.
  await proxy.remember();
  const id = await submitOk(daemon.url, swap({ amountIn: '0.1' }));
  await sleep(200);
  await node.call('ctl_dropWs');
  assert.strictEqual((await waitForEnd(daemon.url, id)).status, 'confirmed');
});

// What a transaction offered for its place: the limit it asked for at the price it named.
async function priorityFee(node, signature) {
  const { transaction: [text] } = await node.call('getTransaction', signature, { commitment: 'confirmed' });
  const { message } = node.web3.VersionedTransaction.deserialize(Buffer.from(text, 'base64'));
  let units = 0n;
  let price = 0n;
  for (const one of message.compiledInstructions) {
    const program = message.staticAccountKeys[one.programIdIndex].toBase58();
    if (program !== 'ComputeBudget111111111111111111111111111111') continue;
    const data = Buffer.from(one.data);
    if (data[0] === 2) units = BigInt(data.readUInt32LE(1));
    if (data[0] === 3) price = data.readBigUInt64LE(1);
  }
  assert.ok(units > 0n && units < 400000n, `${units} units of compute`);
  return (units * price + 999999n) / 1000000n;
}

// Orders while replies are lost, transactions dropped and held up, calls refused; with `kill` execd dies meanwhile.
async function storm(place, { orders, kill, seed }) {
  const { node, wallet, daemon } = await world(place, { settings: { MAX_RETRIES: '10', QUEUE_CONCURRENCY: '20', LOG_LEVEL: 'warn' } });
  await daemon.start();
  const draw = chance(seed);
  const random = { below: (most) => Math.floor(draw() * most) };
  const ids = [];
  let over = false;
  const troubles = [
    { dropNext: 3 }, { loseResponse: 3 }, { delaySlots: 20 }, { delaySlots: 0 }, { dropNext: 40 },
    { http: 429, httpNext: 4 }, { rpcErrorNext: 4 }, { latencyMs: 150 }, { latencyMs: 0 }, { delaySlots: 170 }, { delaySlots: 0 },
  ];
  const tally = { kills: 0, troubles: 0 };
  const weather = (async () => {
    while (!over) {
      await node.call('ctl_faults', troubles[random.below(troubles.length)]).catch(() => {});
      tally.troubles += 1;
      await sleep(200 + random.below(400));
    }
  })();
  const reaper = (async () => {
    while (kill && !over) {
      await sleep(1500 + random.below(2500));
      if (over) break;
      await daemon.kill9();
      tally.kills += 1;
      await daemon.start();
    }
  })();
  await inParallel([...Array(orders).keys()], 6, async (n) => {
    const body = n % 3 === 0 ? swap({ tokenIn: 'USDC', tokenOut: 'SOL', amountIn: '0.3' }) : swap({ amountIn: '0.1' });
    const headers = { 'Idempotency-Key': `storm-${seed}-${n}` };
    for (;;) {
      const answer = await submit(daemon.url, body, headers).catch(() => null);
      if (answer && (answer.status === 202 || answer.status === 200)) { ids.push(answer.json.orderId); return; }
      await sleep(100);
    }
  });
  await sleep(kill ? 6000 : 2000);
  over = true;
  await weather;
  await reaper;
  const calm = { dropNext: 0, loseResponse: 0, delaySlots: 0, latencyMs: 0, http: 0, httpNext: 0, rpcErrorNext: 0 };
  // What was ordered for the next calls meets this one as well.
  while (await node.call('ctl_faults', calm).then(() => false, () => true)) await sleep(50);
  const ends = {};
  await inParallel(ids, 8, async (id) => {
    const order = await waitForEnd(daemon.url, id, { withinMs: 120000, everyMs: 250 });
    ends[order.status] = (ends[order.status] || 0) + 1;
    checkEvents(id, await readEvents(daemon.url, id));
  });
  // What is still under way in the node has had its time.
  await sleep(1000);
  const landed = await node.landings(wallet.address);
  for (const id of ids) {
    const order = await readOrder(daemon.url, id);
    assert.ok((landed.get(id) || 0) <= 1, `${id} landed ${landed.get(id)} times`);
    assert.strictEqual(order.status === 'confirmed', landed.get(id) === 1, `${id} is ${order.status}, ${landed.get(id) || 0} landed: ${JSON.stringify(order)}`);
  }
  for (const id of landed.keys()) assert.ok(ids.includes(id), `${id} landed and nobody ordered it`);
  console.log(`         ${ids.length} orders, ${JSON.stringify(ends)}, ${JSON.stringify(tally)}, 0 lost, 0 doubled`);
  assert.ok((ends.confirmed || 0) * 2 > ids.length, 'most of them are confirmed');
  assert.strictEqual((await daemon.terminate()).code, 0);
}

test('replies are lost, transactions dropped, held up beyond their time and sent twice: each order lands once or not at all',
  (place) => storm(place, { orders: ALL ? 200 : 24, kill: false, seed: 11 }));

test('the same while execd is killed again and again', (place) => storm(place, { orders: ALL ? 200 : 18, kill: true, seed: 12 }));

// A block engine in front of the node: takes bundles of one transaction that tips, and hands them on. `refuse` answers in
// its place. What comes by any other way is none.
async function startBlockEngine(place, node, state) {
  const engine = http.createServer((question, answer) => {
    let text = '';
    question.on('data', (bytes) => { text += bytes; });
    question.on('end', async () => {
      const call = JSON.parse(text);
      state.paths.add(question.url);
      state.bundles.push(call);
      if (state.refuse > 0) {
        state.refuse -= 1;
        answer.writeHead(429, { 'Retry-After': '1' });
        answer.end();
        return;
      }
      const [[transaction], options] = call.params;
      await node.call('sendTransaction', transaction, { ...options, skipPreflight: true });
      answer.setHeader('Content-Type', 'application/json');
      answer.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, result: 'bundle' }));
    });
  });
  await new Promise((resolve) => { engine.listen(0, '127.0.0.1', resolve); });
  place.atEnd(() => engine.close());
  return `http://127.0.0.1:${engine.address().port}`;
}

const TIP_ACCOUNTS = new Set(['96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5', 'HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe',
  'Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY', 'ADaUMid9yfUytqMBgopwjb2DTLSokTSzL1zt6iGPaS49', 'DfXygSm4jCyNCybVYYK6DwvWqjKee8pbDmJGcLWNDXjh',
  'ADuUkR4vqLUMWXxW9gh6D6L8pMSawimctcNZ5pGwDcEt', 'DttWaMuVvTiduZRnguLF7jNxTgiMBZ1hyAumKUiL2KRL', '3AVi9Tg9Uo68tJfuvoKvqKNWKkC5wPdSSdeBnizKZ6jT']);

test('with a block engine transactions go there alone, tip it, and are followed like all others', async (place) => {
  const state = { bundles: [], paths: new Set(), refuse: 2 };
  const { node, wallet, daemon } = await world(place, { settings: { JITO_TIP_LAMPORTS: '1000000' } });
  const engine = await startBlockEngine(place, node, state);
  daemon.settings.JITO_URL = engine;
  await daemon.start();
  const before = await node.lamports(wallet.address);
  const order = await waitForEnd(daemon.url, await submitOk(daemon.url, swap({ amountIn: '2' })));
  assert.strictEqual(order.status, 'confirmed', JSON.stringify(order));
  assert.deepStrictEqual([...state.paths], ['/api/v1/bundles']);
  assert.ok(state.bundles.length >= 3, 'what was refused is sent again');
  for (const { method, params: [transactions, options] } of state.bundles) {
    assert.strictEqual(method, 'sendBundle');
    assert.strictEqual(transactions.length, 1);
    assert.strictEqual(options.encoding, 'base64');
    assert.strictEqual(transactions[0], state.bundles[0].params[0][0], 'the same bytes each time');
  }
  const { message } = node.web3.VersionedTransaction.deserialize(Buffer.from(state.bundles[0].params[0][0], 'base64'));
  const last = message.compiledInstructions[message.compiledInstructions.length - 1];
  const tipped = message.staticAccountKeys[last.accountKeyIndexes[1]].toBase58();
  assert.ok(TIP_ACCOUNTS.has(tipped), tipped);
  assert.strictEqual(await node.lamports(tipped), 1000000n);
  const paid = before - await node.lamports(wallet.address) - 2n * SOL;
  assert.strictEqual(paid, 2n * 5000n + await priorityFee(node, order.txHash) + 1000000n);
  assert.strictEqual((await node.landings(wallet.address)).get(order.id), 1);

  // Nobody takes bundles: nothing lands, and the order ends when that is proven.
  state.refuse = 1000000;
  daemon.settings.ORDER_DEADLINE_MS = '4000';
  assert.strictEqual((await daemon.terminate()).code, 0);
  await daemon.start();
  const lost = await waitForEnd(daemon.url, await submitOk(daemon.url, swap({ amountIn: '1' })));
  assert.strictEqual(lost.status, 'expired', JSON.stringify(lost));
  assert.strictEqual((await node.landings(wallet.address)).get(lost.id), undefined);
});

test('with a single endpoint it says at the start that nothing is tried twice, and an order that expires is not', async (place) => {
  const { node, wallet, daemon } = await world(place, { urls: (made) => made.url, settings: { EXPLORER_URL: 'https://example.com/{signature}' } });
  await daemon.start();
  assert.match(daemon.log(), /solana\.one_endpoint/);
  await node.call('ctl_faults', { dropNext: 1000000 });
  const id = await submitOk(daemon.url, swap());
  const order = await waitForEnd(daemon.url, id);
  assert.strictEqual(order.status, 'expired', JSON.stringify(order));
  assert.match(JSON.stringify(order), /the only endpoint/);
  assert.strictEqual(order.explorerUrl, `https://example.com/${order.txHash}`);
  assert.strictEqual((await node.landings(wallet.address)).size, 0);
});

test('what cannot be traded is refused before anything is signed', async (place) => {
  const { node, wallet, daemon } = await world(place);
  await daemon.start();
  const poor = await waitForEnd(daemon.url, await submitOk(daemon.url, swap({ amountIn: '5000' })));
  assert.strictEqual(poor.status, 'failed');
  assert.strictEqual(poor.failure.code, 'insufficient_funds', JSON.stringify(poor.failure));
  const strange = await waitForEnd(daemon.url, await submitOk(daemon.url, swap({ tokenOut: 'BONK' })));
  assert.strictEqual(strange.status, 'failed');
  assert.strictEqual((await node.landings(wallet.address)).size, 0);
});

test('mainnet is not traded on by mistake, and what is missing is named', async (place) => {
  const { daemon, node, folder } = await world(place);
  const start = async (settings) => {
    const other = place.daemon({ ...daemon.settings, ...settings });
    const { code, said } = await other.startToFail();
    assert.notStrictEqual(code, 0);
    return said;
  };
  // A node that calls itself mainnet.
  const impostor = http.createServer((question, answer) => {
    let text = '';
    question.on('data', (bytes) => { text += bytes; });
    question.on('end', () => {
      answer.setHeader('Content-Type', 'application/json');
      answer.end(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(text).id, result: '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d' }));
    });
  });
  await new Promise((resolve) => { impostor.listen(0, '127.0.0.1', resolve); });
  place.atEnd(() => impostor.close());
  const mainnet = `http://127.0.0.1:${impostor.address().port}/secret-key`;
  const refused = await start({ RPC_URLS: mainnet });
  assert.match(refused, /--i-understand-real-funds/);
  assert.ok(!refused.includes('secret-key'), refused);
  assert.match(await start({ RPC_URLS: `${node.url},${mainnet}` }), /different clusters/);
  assert.match(await start({ RPC_URLS: 'http://127.0.0.1:1' }), /may be mainnet/);
  assert.match(await start({ RPC_URLS: '' }), /rpc_urls/);
  assert.match(await start({ RPC_URLS: 'ftp://example.com' }), /rpc_urls/);
  assert.match(await start({ JITO_URL: 'block-engine' }), /jito_url/);
  assert.match(await start({ JITO_TIP_LAMPORTS: '999' }), /JITO_TIP_LAMPORTS/);
  assert.match(await start({ KEYPAIR_FILE: '' }), /keypair_file or a signer_socket/);
  const open = path.join(folder, 'open.json');
  fs.copyFileSync(daemon.settings.KEYPAIR_FILE, open);
  fs.chmodSync(open, 0o644);
  assert.match(await start({ KEYPAIR_FILE: open }), /chmod 600/);
  const list = path.join(folder, 'pools');
  fs.writeFileSync(list, `# pools\n${USDC_MINT}\nnonsense\n`);
  assert.match(await start({ POOLS_FILE: list }), /line 3: 'nonsense' is no address/);
});

main();
