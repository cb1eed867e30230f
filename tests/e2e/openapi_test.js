'use strict';
// The served description of the interface against the interface: every operation is asked, and whatever comes back has
// to be what the document says, member by member.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const Ajv2020 = require('ajv/dist/2020');
const addFormats = require('ajv-formats');
const WebSocket = require('ws');
const { test, main, FAST_WORLD } = require('./support/suite');
const { request, readEventStream } = require('./support/http');
const { swap, submitOk, waitForEnd, followSocket, eventsIn } = require('./support/orders');

const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'openapi.json');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const escaped = (word) => word.replace(/~/g, '~0').replace(/\//g, '~1');
const at = (...words) => `#/${words.map(escaped).join('/')}`;

// Knows the document, checks answers against it and remembers what was asked.
class Contract {
  constructor(document) {
    this.document = document;
    this.seen = new Set();
    this.ajv = new Ajv2020({ strict: false, allErrors: true, allowUnionTypes: true });
    addFormats(this.ajv);
    this.ajv.addSchema(document, 'contract');
  }
  resolve(pointer) {
    return pointer.slice(2).split('/').reduce((node, word) => node[word.replace(/~1/g, '/').replace(/~0/g, '~')], this.document);
  }
  // Follows `$ref` where a response is shared: the pointer and what is there.
  settle(pointer) {
    const node = this.resolve(pointer);
    return node && node.$ref ? this.settle(node.$ref) : { pointer, node };
  }
  check(pointer, value, what) {
    const validate = this.ajv.getSchema(`contract${pointer}`);
    assert.ok(validate, `no schema at ${pointer}`);
    assert.ok(validate(value), `${what}: ${this.ajv.errorsText(validate.errors, { separator: '\n' })}\n${JSON.stringify(value).slice(0, 2000)}`);
  }
  checkNamed(name, value, what) { this.check(at('components', 'schemas', name), value, what); }
  answer(method, pattern, answer) {
    const what = `${method.toUpperCase()} ${pattern} ${answer.status}`;
    const { pointer, node } = this.settle(at('paths', pattern, method, 'responses', String(answer.status)));
    assert.ok(node, `${what} is not in the document: ${answer.text}`);
    this.seen.add(`${method} ${pattern} ${answer.status}`);
    for (const [name, header] of Object.entries(node.headers || {})) {
      if (!(header.$ref ? this.resolve(header.$ref) : header).required) continue;
      assert.ok(answer.headers[name.toLowerCase()] !== undefined, `${what}: the header ${name} is missing`);
    }
    if (!node.content) return;
    const type = (answer.headers['content-type'] || '').split(';')[0];
    assert.ok(node.content[type], `${what}: ${type} is not in the document`);
    if (type.endsWith('json')) this.check(`${pointer}/content/${escaped(type)}/schema`, answer.json, what);
  }
  operations() {
    return Object.entries(this.document.paths).flatMap(([pattern, methods]) =>
      METHODS.filter((method) => methods[method]).map((method) => ({ pattern, method, operation: methods[method] })));
  }
}

const contractOf = () => new Contract(JSON.parse(fs.readFileSync(DOCUMENT, 'utf8')));

// Asks and checks in one go. `pattern` is the path in the document, `asked` the one on the wire.
function asker(daemon, contract) {
  return async (method, pattern, asked, options = {}) => {
    const answer = await request(daemon.url + asked, { method: method.toUpperCase(), ...options });
    contract.answer(method, pattern, answer);
    return answer;
  };
}

test('the document is the one of the repository, of this version, and without lint', async (place) => {
  const daemon = await place.daemon().start();
  const served = await request(`${daemon.url}/openapi.json`);
  assert.strictEqual(served.headers['content-type'], 'application/json');
  assert.strictEqual(served.text, fs.readFileSync(DOCUMENT, 'utf8'));
  assert.strictEqual(served.json.info.version, (await request(`${daemon.url}/version`)).json.version);
  const names = contractOf().operations().map(({ operation }) => operation.operationId);
  assert.strictEqual(new Set(names).size, names.length);
  execFileSync(path.join(__dirname, 'node_modules', '.bin', 'spectral'),
    ['lint', '--ruleset', path.join(__dirname, 'openapi_lint.yaml'), '--fail-severity', 'warn', DOCUMENT], { stdio: 'pipe' });
});

test('every operation answers as the document says', async (place) => {
  const daemon = await place.daemon().start();
  const contract = contractOf();
  const ask = asker(daemon, contract);

  const key = { 'Idempotency-Key': 'the-first' };
  const first = await ask('post', '/api/orders/execute', '/api/orders/execute', { body: swap({ clientId: 'me' }), headers: key });
  await ask('post', '/api/orders/execute', '/api/orders/execute', { body: swap({ clientId: 'me' }), headers: key });
  await ask('post', '/api/orders/execute', '/api/orders/execute', { body: swap({ amountIn: '2' }), headers: key });  // 409
  await ask('post', '/api/orders/execute', '/api/orders/execute', { body: { amountIn: '-1', nonsense: 1 } });
  await ask('post', '/api/orders/execute', '/api/orders/execute', { body: 'x', headers: { 'Content-Type': 'text/plain' } });
  await ask('post', '/api/orders', '/api/orders', { body: swap({ amountIn: undefined, amountOut: '20', clientOrderId: 'c', clientId: 'me' }) });
  const id = first.json.orderId;
  assert.strictEqual((await waitForEnd(daemon.url, id)).status, 'confirmed');

  await ask('get', '/api/orders/{id}', `/api/orders/${id}`);
  for (const part of ['events', 'routing', 'attempts']) {
    await ask('get', `/api/orders/{id}/${part}`, `/api/orders/${id}/${part}`);
    await ask('get', `/api/orders/{id}/${part}`, `/api/orders/none/${part}`);
  }
  await ask('get', '/api/orders/{id}/events', `/api/orders/${id}/events?after=two`);
  await ask('get', '/api/orders', '/api/orders?status=confirmed&pair=SOL/USDC&limit=1&clientId=me');
  await ask('get', '/api/orders', '/api/orders?limit=0');
  await ask('post', '/api/orders/{id}/cancel', `/api/orders/${id}/cancel`);
  await ask('post', '/api/orders/{id}/retry', `/api/orders/${id}/retry`);  // 409
  await ask('post', '/api/orders/{id}/retry', '/api/orders/01a1fdc0-6ba5-723b-af81-a2e258e2a0ec/retry', { body: { slippageBps: -1 } });
  await ask('get', '/api/orders', `/api/orders?id=${id.slice(0, 8)}`);
  await ask('delete', '/api/orders/{id}', '/api/orders/01a1fdc0-6ba5-723b-af81-a2e258e2a0ec');
  await ask('post', '/api/quotes', '/api/quotes', { body: swap() });
  await ask('post', '/api/quotes', '/api/quotes', { body: {} });
  await ask('get', '/api/quote', '/api/quote?tokenIn=SOL&tokenOut=USDC&amountOut=20');
  await ask('get', '/api/quote', '/api/quote');
  for (const page of ['/api/venues', '/api/tokens', '/api/queue/metrics', '/api/nodes', '/livez', '/readyz', '/health', '/api/health',
    '/metrics', '/version', '/openapi.json']) {
    await ask('get', page, page);
    await ask('get', page, page, { headers: { Accept: 'image/png' } });
  }
  await ask('get', '/readyz', '/readyz?verbose');
  await ask('get', '/problems/{code}', '/problems/rate_limited', { headers: { Accept: 'application/json' } });
  await ask('get', '/problems/{code}', '/problems/rate_limited', { headers: { Accept: 'text/plain' } });
  await ask('get', '/problems/{code}', '/problems/nonsense');

  await ask('put', '/api/faults/{target}', '/api/faults/raydium', { body: { mode: 'slow', rate: '0.25', forMs: 60000 } });
  await ask('put', '/api/faults/{target}', '/api/faults/raydium', { body: { mode: 'slo' } });  // 400
  await ask('put', '/api/faults/{target}', '/api/faults/nowhere', { body: { mode: 'slow' } });  // 404
  await ask('get', '/api/faults', '/api/faults');
  await ask('delete', '/api/faults/{target}', '/api/faults/raydium');
  await ask('delete', '/api/faults/{target}', '/api/faults/raydium');  // 404

  const pause = '/api/venues/{venue}/pause';
  const resume = '/api/venues/{venue}/resume';
  await ask('post', pause, '/api/venues/raydium/pause', { body: { reason: 'pool drained' } });
  await ask('post', pause, '/api/venues/raydium/pause', { body: { why: 'no such field' } });  // 400
  await ask('post', pause, '/api/venues/nowhere/pause');  // 404
  await ask('get', '/api/venues', '/api/venues');
  await ask('post', '/api/quotes', '/api/quotes', { body: swap() });
  await ask('post', resume, '/api/venues/raydium/resume');
  await ask('post', resume, '/api/venues/nowhere/resume');  // 404

  const sockets = {
    '/api/orders/execute': `/api/orders/execute?orderId=${id}`,
    '/api/orders/ws': '/api/orders/ws',
    '/api/orders/{id}/stream': `/api/orders/${id}/stream`,
    '/ws/orders/{id}': `/ws/orders/${id}?after=1`,
    '/api/stream': '/api/stream?topics=orders',
  };
  for (const [pattern, asked] of Object.entries(sockets)) {
    await ask('get', pattern, asked);  // 426: a plain GET
    await new Promise((resolve, reject) => {
      const socket = new WebSocket(daemon.ws + asked);
      socket.on('open', () => { contract.seen.add(`get ${pattern} 101`); socket.close(); });
      socket.on('close', resolve);
      socket.on('error', reject);
    });
  }

  for (const { pattern, method, operation } of contract.operations()) {
    const good = Object.keys(operation.responses).filter((status) => Number(status) < 300);
    const met = good.filter((status) => contract.seen.has(`${method} ${pattern} ${status}`));
    // These need an order that waits, or one that failed, or keys; other tests have them.
    if (!/cancelOrder|retryOrder|issueTicket/.test(operation.operationId)) assert.ok(met.length > 0, `${method} ${pattern} never succeeded`);
  }
});

test('orders of every fate, and each message of every stream, are as the document says', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_FAILURE_RATE: '0.7', RETRY_BASE_MS: '10', MAX_RETRIES: '2', QUEUE_CONCURRENCY: '8' }).start();
  const contract = contractOf();
  const ask = asker(daemon, contract);
  const everything = new WebSocket(`${daemon.ws}/api/stream?topics=orders`);
  const heard = [];
  everything.on('message', (data) => heard.push(JSON.parse(data.toString())));
  await new Promise((resolve, reject) => { everything.on('open', resolve); everything.on('error', reject); });

  const bodies = Array.from({ length: 60 }, (_, i) => (i % 3 === 0
    ? { tokenIn: 'USDC', tokenOut: 'SOL', amountOut: '1', side: 'buy', slippageBps: 100 }
    : swap({ amountIn: i % 2 ? 1.25 : '900000', slippageBps: i % 3 === 1 ? 0 : 100 })));
  const ids = [];
  for (const body of bodies) ids.push(await submitOk(daemon.url, body));
  const answers = [];
  for (const id of ids.slice(-10)) answers.push((await ask('post', '/api/orders/{id}/cancel', `/api/orders/${id}/cancel`)).status);
  const late = await submitOk(daemon.url, swap());
  answers.push((await ask('delete', '/api/orders/{id}', `/api/orders/${late}`)).status);
  assert.ok(answers.includes(200), `no cancellation worked: ${answers}`);

  const stream = await followSocket(`${daemon.ws}/api/orders/${ids[0]}/stream`);
  for (const event of eventsIn(stream.messages)) contract.checkNamed('Event', event, 'a message of the socket');
  const feed = await readEventStream(`${daemon.url}/api/orders/${ids[1]}/events`);
  for (const message of feed.messages) contract.checkNamed('Event', message.data, 'a message of the event stream');

  let unfilled;
  const fates = new Set();
  const kinds = new Set();
  for (const id of ids) {
    const fate = (await waitForEnd(daemon.url, id)).status;
    fates.add(fate);
    if (fate === 'failed') unfilled = id;
    await ask('get', '/api/orders/{id}', `/api/orders/${id}`);
    await ask('get', '/api/orders/{id}/routing', `/api/orders/${id}/routing`);
    await ask('get', '/api/orders/{id}/attempts', `/api/orders/${id}/attempts`);
    const events = (await ask('get', '/api/orders/{id}/events', `/api/orders/${id}/events`)).json.events;
    for (const event of events) kinds.add(`${event.kind} ${event.status}`);
  }
  const retried = await ask('post', '/api/orders/{id}/retry', `/api/orders/${unfilled}/retry`, { body: { slippageBps: 200 }, headers: { 'Idempotency-Key': 'again' } });
  assert.strictEqual(retried.status, 202, retried.text);
  assert.strictEqual(retried.json.retryOf, unfilled);
  const anew = (await ask('get', '/api/orders/{id}', `/api/orders/${retried.json.orderId}`)).json.order;
  assert.strictEqual(anew.retryOf, unfilled);
  assert.strictEqual(anew.slippageBps, 200);
  await ask('get', '/api/orders', '/api/orders?limit=500');
  for (const fate of ['confirmed', 'failed', 'cancelled']) assert.ok(fates.has(fate), `no order ended ${fate}: ${[...fates]}`);
  for (const kind of ['quotes routing', 'moved building', 'moved submitted']) assert.ok(kinds.has(kind), `no event ${kind}`);
  assert.ok(heard.length > ids.length, `the stream of everything told ${heard.length} messages`);
  for (const message of heard) if (message.kind) contract.checkNamed('Event', message, 'a message of the stream of everything');
  everything.terminate();
});

test('what is refused for being too much is as the document says', async (place) => {
  const limited = await place.daemon({ ...FAST_WORLD, RATE_LIMIT: '1' }).start();
  const contract = contractOf();
  const ask = asker(limited, contract);
  await ask('post', '/api/orders/execute', '/api/orders/execute', { body: swap() });
  const refused = await ask('post', '/api/orders/execute', '/api/orders/execute', { body: swap() });
  assert.strictEqual(refused.status, 429);
  const large = await ask('post', '/api/quotes', '/api/quotes', { body: `{"tokenIn":"${'x'.repeat(70000)}"}` });
  assert.strictEqual(large.status, 413);
});

main();
