'use strict';
// Keys, accounts and tickets against the real programs: made by execctl, asked for by execd, revoked while it runs.

const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test, main, FAST_WORLD } = require('./support/suite');
const { execctl } = require('./support/execctl');
const { request, sleep, within } = require('./support/http');
const { swap } = require('./support/orders');
const { Talk } = require('./support/talk');

const NOWHERE = { url: 'http://127.0.0.1:1' };

async function keys(file, ...words) {
  const said = await execctl(NOWHERE, ['keys', ...words, '--keys-file', file, '-o', 'json']);
  assert.strictEqual(said.code, 0, said.err + said.out);
  return JSON.parse(said.out);
}

const create = (file, account, scopes, ...more) => keys(file, 'create', '--name', `${account} ${scopes}`, '--account', account, '--scopes', scopes, ...more);
const bearer = (key) => ({ Authorization: `Bearer ${key.apiKey}` });

async function keyed(place, settings = {}, before = async () => {}) {
  const file = path.join(place.folder('keys'), 'keys.jsonl');
  const desk = await create(file, 'desk', 'read,trade');
  const other = await create(file, 'other', 'read,trade');
  const boss = await create(file, 'staff', 'admin');
  await before(file);
  const daemon = await place.daemon({ ...FAST_WORLD, LOG_LEVEL: 'trace', API_KEYS_FILE: file, ...settings }).start();
  return { file, desk, other, boss, daemon };
}

async function eventually(what, check) {
  const giveUpAt = Date.now() + 15000;
  while (!await check()) {
    assert.ok(Date.now() < giveUpAt, `${what}: not within 15 s`);
    await sleep(50);
  }
}

// Signed by another program than ours, as the documentation says it is done.
function sign(privateKey, id, method, target, body = '') {
  const timestamp = String(Date.now());
  const nonce = crypto.randomBytes(12).toString('hex');
  const digest = crypto.createHash('sha256').update(body).digest('hex');
  const lines = ['libexec-request-v1', id, method, target, timestamp, nonce, digest];
  const signature = crypto.sign(null, Buffer.from(lines.map((line) => `${line}\n`).join('')), privateKey).toString('base64');
  return { 'X-Api-Key': id, 'X-Timestamp': timestamp, 'X-Nonce': nonce, 'X-Signature': signature };
}

test('a key opens its own account and nobody else\'s', async (place) => {
  const { daemon, desk, other, boss } = await keyed(place);
  const none = await request(`${daemon.url}/api/orders`);
  assert.strictEqual(none.status, 401);
  assert.strictEqual(none.headers['www-authenticate'], 'Bearer realm="execd"');
  for (const open of ['/livez', '/readyz', '/health', '/version', '/openapi.json']) {
    assert.strictEqual((await request(daemon.url + open)).status, 200, open);
  }
  assert.strictEqual((await request(`${daemon.url}/metrics`)).status, 401);
  assert.strictEqual((await request(`${daemon.url}/metrics`, { headers: bearer(boss) })).status, 200);

  const placed = await request(`${daemon.url}/api/orders/execute`, { method: 'POST', body: swap(), headers: bearer(desk) });
  assert.strictEqual(placed.status, 202, placed.text);
  const order = `${daemon.url}/api/orders/${placed.json.orderId}`;
  assert.strictEqual((await request(order, { headers: bearer(desk) })).json.order.account, 'desk');
  const foreign = await request(order, { headers: bearer(other) });
  assert.strictEqual(foreign.status, 404);
  const unknown = await request(order.replace(/[^/]*$/, '01890000-0000-7000-8000-000000000000'), { headers: bearer(other) });
  const words = (answer) => ({ ...answer.json, detail: answer.json.detail.replace(/[0-9a-f-]{36}/, ''), instance: '', requestId: '' });
  assert.deepStrictEqual(words(foreign), words(unknown));
  assert.strictEqual((await Talk.refusal(`${daemon.ws}/ws/orders/${placed.json.orderId}`, { headers: bearer(other) })).status, 404);
  assert.strictEqual((await request(`${order}/cancel`, { method: 'POST', headers: bearer(other) })).status, 404);
  assert.strictEqual((await request(`${daemon.url}/api/orders`, { headers: bearer(other) })).json.items.length, 0);
  assert.strictEqual((await request(`${daemon.url}/api/orders`, { headers: bearer(boss) })).json.items.length, 1);
  const refused = await request(`${daemon.url}/api/orders/execute`, { method: 'POST', body: swap(), headers: bearer(boss) });
  assert.strictEqual(refused.status, 403);
  assert.match(refused.json.detail, /the scope trade/);
});

test('revoking takes effect while execd runs: requests, sockets and streams', async (place) => {
  const { daemon, file, desk } = await keyed(place);
  const socket = await Talk.open(`${daemon.ws}/api/stream?topics=orders`, { headers: bearer(desk) });
  const began = Date.now();
  const revoked = await keys(file, 'revoke', desk.id);
  assert.strictEqual(revoked.state, 'revoked');
  const closed = await within(15000, socket.closed);
  assert.ok(closed, 'the socket stays open');
  assert.strictEqual(closed.code, 4401);
  console.log(`         4401 came ${Date.now() - began} ms after the revocation`);
  const answer = await request(`${daemon.url}/api/orders`, { headers: bearer(desk) });
  assert.strictEqual(answer.status, 401);
  assert.match(answer.json.detail, /was revoked/);

  // A key that is made while it runs counts as well.
  const late = await create(file, 'late', 'read');
  await eventually('a new key', async () => (await request(`${daemon.url}/api/orders`, { headers: bearer(late) })).status === 200);
});

test('a broken key file changes nothing while execd runs, and is refused at the start', async (place) => {
  const { daemon, file, desk } = await keyed(place);
  const good = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(file, `${good}nonsense\n`);
  await eventually('the complaint', async () => daemon.log().includes('keys.refused'));
  assert.match(daemon.log(), /line 4: is no JSON object/);
  assert.strictEqual((await request(`${daemon.url}/api/orders`, { headers: bearer(desk) })).status, 200);
  const refusals = daemon.log().split('keys.refused').length;
  await sleep(1500);
  assert.strictEqual(daemon.log().split('keys.refused').length, refusals, 'the same complaint again and again');
  await daemon.terminate();

  for (const [text, mode, said] of [[`${good}nonsense\n`, 0o600, /line 4: is no JSON object/], [good, 0o640, /chmod 600/], [null, 0, /No such file/]]) {
    fs.rmSync(file);
    if (text !== null) {
      fs.writeFileSync(file, text, { mode });
      fs.chmodSync(file, mode);
    }
    const failed = await daemon.startToFail();
    assert.strictEqual(failed.code, 2, failed.said);
    assert.match(failed.said, said);
  }
});

test('a signed request is taken, as execctl signs it and as any other program does', async (place) => {
  const folder = place.folder('signer');
  const privateFile = path.join(folder, 'bot.key');
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
  let bot;
  let script;
  const { daemon } = await keyed(place, {}, async (file) => {
    bot = await create(file, 'desk', 'read,trade', '--generate-ed25519', privateFile);
    script = await create(file, 'desk', 'read', '--ed25519', raw);
  });
  assert.strictEqual(fs.statSync(privateFile).mode & 0o777, 0o600);
  assert.strictEqual(bot.apiKey, null);
  const submitted = await execctl(daemon, ['--sign-key', privateFile, 'submit', 'SOL', 'USDC', '1', '-o', 'json']);
  assert.strictEqual(submitted.code, 0, submitted.err + submitted.out);

  const target = '/api/orders?limit=5&status=confirmed';
  const headers = sign(privateKey, script.id, 'GET', target);
  const listed = await request(daemon.url + target, { headers });
  assert.strictEqual(listed.status, 200, listed.text);
  assert.strictEqual(listed.json.items.length, 1);
  const replayed = await request(daemon.url + target, { headers });
  assert.strictEqual(replayed.status, 401);
  assert.match(replayed.json.detail, /X-Nonce: was used already/);
  const body = JSON.stringify(swap());
  const forbidden = await request(`${daemon.url}/api/orders/execute`, {
    method: 'POST', body, headers: sign(privateKey, script.id, 'POST', '/api/orders/execute', body),
  });
  assert.strictEqual(forbidden.status, 403);
});

test('execctl carries a key from its options, its environment or a file', async (place) => {
  const { daemon, desk } = await keyed(place);
  const refused = await execctl(daemon, ['list', '-o', 'json']);
  assert.strictEqual(refused.code, 2, refused.out);
  assert.strictEqual(JSON.parse(refused.out).code, 'unauthorized');
  assert.match(refused.err, /--api-key/);
  const file = path.join(place.folder('client'), 'key');
  fs.writeFileSync(file, `${desk.apiKey}\n`);
  for (const [words, environment] of [[['--api-key', desk.apiKey], {}], [['--api-key', `@${file}`], {}], [[], { EXEC_API_KEY: desk.apiKey }]]) {
    const listed = await execctl(daemon, ['list', '-o', 'json', '--trace', ...words], { environment });
    assert.strictEqual(listed.code, 0, listed.err);
    assert.ok(!listed.err.includes(desk.apiKey), 'the trace shows the key');
    assert.match(listed.err, /Authorization: Bearer \$EXEC_API_KEY/);
  }
  const watched = await execctl(daemon, ['submit', 'SOL', 'USDC', '1', '--api-key', desk.apiKey]);
  assert.strictEqual(watched.code, 0, watched.err);
  const bench = await execctl(daemon, ['bench', '--mode', 'mixed', '--orders', '5', '--connections', '2'], { environment: { EXEC_API_KEY: desk.apiKey } });
  assert.strictEqual(bench.code, 0, bench.err + bench.out);
  const mistyped = await execctl(daemon, ['list', '--api-key', 'lx_secretword']);
  assert.strictEqual(mistyped.code, 2);
  assert.ok(!mistyped.err.includes('secretword'), mistyped.err);
});

test('no secret reaches the log, whatever is refused', async (place) => {
  const { daemon, desk, boss } = await keyed(place);
  const canaries = [];
  const plant = (text) => { canaries.push(text); return text; };
  const secret = plant('c0ffee'.repeat(10) + 'c0de');
  plant(desk.apiKey.split('_')[2]);
  const ticketOf = async () => (await request(`${daemon.url}/api/tickets`, { method: 'POST', headers: bearer(desk) })).json.ticket;
  const good = plant(await ticketOf());
  const talk = await Talk.open(`${daemon.ws}/api/stream?topics=queue&ticket=${good}`);
  await talk.next();
  talk.socket.terminate();
  const tries = [
    { headers: { Authorization: `Bearer lx_${desk.id}_${secret}` } },
    { headers: { Authorization: `Basic ${plant('YmFzaWMtY2FuYXJ5')}` } },
    { headers: { Authorization: plant('canary-in-the-scheme') } },
    { headers: { 'X-Api-Key': desk.id, 'X-Timestamp': String(Date.now()), 'X-Nonce': plant('nonce-canary-1'), 'X-Signature': plant(`${'A'.repeat(20)}canary${'B'.repeat(60)}==`) } },
  ];
  for (const one of tries) assert.strictEqual((await request(`${daemon.url}/api/orders`, one)).status, 401);
  assert.strictEqual((await request(`${daemon.url}/api/orders?ticket=${plant('ticketcanary1')}`)).status, 401);
  assert.strictEqual((await request(`${daemon.url}/nothing?ticket=${plant('ticketcanary2')}`)).status, 404);
  assert.strictEqual((await Talk.refusal(`${daemon.ws}/api/stream?ticket=${plant('ticketcanary3')}`)).status, 401);
  assert.strictEqual((await Talk.refusal(`${daemon.ws}/api/stream?topics=nonsense&ticket=${plant(await ticketOf())}`)).status, 400);
  assert.strictEqual((await request(`${daemon.url}/api/stream?ticket=${plant(await ticketOf())}`, { headers: bearer(boss) })).status, 426);
  await daemon.terminate();
  const log = daemon.log();
  assert.match(log, /http\.request/, 'the log was not at its most talkative');
  for (const canary of canaries) assert.ok(!log.includes(canary), `the log holds ${canary}`);
  for (const file of fs.readdirSync(daemon.directory)) {
    const text = fs.readFileSync(path.join(daemon.directory, file), 'latin1');
    for (const canary of canaries) assert.ok(!text.includes(canary), `${file} holds ${canary}`);
  }
});

test('beyond loopback execd starts with keys and without --insecure, and says that nothing is encrypted', async (place) => {
  const { daemon, desk } = await keyed(place, { HOST: '0.0.0.0' });
  assert.strictEqual((await request(`${daemon.url}/api/orders`, { headers: bearer(desk) })).status, 200);
  assert.match(daemon.log(), /start\.plain_http/);
  assert.match(daemon.log(), /"keys":"3 keys"/);
});

main();
