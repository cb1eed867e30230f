'use strict';
// What goes wrong around execd: a second one, a taken port, bad settings, disks that are full or cannot be written.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { test, main, FAST_WORLD } = require('./support/suite');
const { mountTmpfs, fillDisk } = require('./support/disk');
const { request, sleep, within } = require('./support/http');
const { swap, submit, submitOk, readOrder, readEvents, waitForEnd } = require('./support/orders');
const { checkEvents } = require('./support/judge');

test('a second execd on the same file is refused, and the first one is not disturbed', async (place) => {
  const first = await place.daemon().start();
  const second = place.daemon({ ...FAST_WORLD, DATABASE_URL: `sqlite:${first.databasePath}` });
  const refused = await second.startToFail();
  assert.strictEqual(refused.code, 3);
  assert.match(refused.said, /exec\.db/);
  assert.match(refused.said, /another process|in use|locked|held/i);
  const id = await submitOk(first.url, swap());
  assert.strictEqual((await waitForEnd(first.url, id)).status, 'confirmed');
  await first.terminate();
  // Once the first has gone, the file is free.
  await second.start();
  assert.strictEqual((await readOrder(second.url, id)).status, 'confirmed');
});

test('a taken port ends the start with 3 and names the port', async (place) => {
  const first = await place.daemon().start();
  const second = place.daemon();
  second.port = first.port;
  const refused = await second.startToFail();
  assert.strictEqual(refused.code, 3);
  assert.ok(refused.said.includes(String(first.port)), refused.said);
});

test('bad settings end the start with 2 and a sentence for each', async (place) => {
  const cases = [
    [{ PORT: '70000' }, [], /PORT/],
    [{ MAX_RETRIES: '0' }, [], /MAX_RETRIES.*1 to 100/],
    [{ DATABASE_URL: 'mongodb://x' }, [], /DATABASE_URL/],
    [{}, ['--mock-sed', '4'], /did you mean.*--mock-seed|--mock-seed/],
    [{}, ['--config', '/nonexistent/exec.toml'], /exec\.toml/],
  ];
  for (const [settings, flags, sentence] of cases) {
    const daemon = place.daemon({ ...FAST_WORLD, ...settings }, { flags });
    const refused = await daemon.startToFail();
    assert.strictEqual(refused.code, 2, refused.said);
    assert.match(refused.said, sentence);
  }
});

test('a database that is not one of ours is refused with 3 and left alone', async (place) => {
  const daemon = place.daemon();
  fs.writeFileSync(daemon.databasePath, 'this is a shopping list, not a database\n'.repeat(100));
  const before = fs.readFileSync(daemon.databasePath);
  const refused = await daemon.startToFail();
  assert.strictEqual(refused.code, 3);
  assert.match(refused.said, /exec\.db/);
  assert.deepStrictEqual(fs.readFileSync(daemon.databasePath), before);
});

test('a full disk: new orders are refused with 503, none is lost, and it recovers when there is space', async (place) => {
  const disk = mountTmpfs(place, '24m');
  const journals = place.folder('journal');
  const daemon = place.daemon({ ...FAST_WORLD, MOCK_JOURNAL: path.join(journals, 'chain.journal') }, { directory: disk });
  // The log of a daemon on a full disk would be lost as well.
  daemon.logPath = path.join(journals, 'execd.log');
  await daemon.start();
  const before = [];
  for (let i = 0; i < 10; i++) before.push(await submitOk(daemon.url, swap()));

  fillDisk(path.join(disk, 'filler'));
  const accepted = [];
  let refusal = null;
  for (let i = 0; i < 3000 && refusal === null; i++) {
    const answer = await submit(daemon.url, swap());
    if (answer.status === 202) accepted.push(answer.json.orderId);
    else refusal = answer;
  }
  assert.ok(refusal !== null, `${accepted.length} orders were accepted on a full disk`);
  assert.strictEqual(refusal.status, 503, refusal.text);
  assert.strictEqual(refusal.json.code, 'service_unavailable');
  assert.ok(Number(refusal.headers['retry-after']) > 0, JSON.stringify(refusal.headers));
  assert.strictEqual((await request(`${daemon.url}/livez`)).status, 200);
  assert.strictEqual((await request(`${daemon.url}/readyz?verbose`)).status, 503);
  for (const id of [...before, ...accepted]) assert.strictEqual((await readOrder(daemon.url, id)).id, id);

  fs.unlinkSync(path.join(disk, 'filler'));
  let later = await submit(daemon.url, swap());
  for (let i = 0; i < 200 && later.status !== 202; i++) {
    await sleep(50);
    later = await submit(daemon.url, swap());
  }
  assert.strictEqual(later.status, 202, 'it takes orders again without a restart');
  for (const id of [...before, ...accepted, later.json.orderId]) {
    await waitForEnd(daemon.url, id);
    checkEvents(id, await readEvents(daemon.url, id));
  }
  assert.strictEqual((await request(`${daemon.url}/readyz`)).status, 200);
  assert.strictEqual((await daemon.terminate()).code, 0);
  assert.strictEqual(execFileSync('sqlite3', [daemon.databasePath, 'pragma integrity_check'], { encoding: 'utf8' }), 'ok\n');
});

test('a disk that may only be read: the start is refused with 3, or orders with 503; the old ones stay', async (place) => {
  const disk = mountTmpfs(place, '24m');
  const journals = place.folder('journal');
  const daemon = place.daemon({ ...FAST_WORLD, MOCK_JOURNAL: path.join(journals, 'chain.journal') }, { directory: disk });
  daemon.logPath = path.join(journals, 'execd.log');
  await daemon.start();
  const id = await submitOk(daemon.url, swap());
  await waitForEnd(daemon.url, id);
  await daemon.terminate();

  execFileSync('mount', ['-o', 'remount,ro', disk]);
  daemon.launch();
  const ended = await within(3000, daemon.ended);
  if (ended === null) {
    assert.strictEqual((await submit(daemon.url, swap())).status, 503);
    await daemon.terminate();
  } else {
    assert.strictEqual(ended.code, 3);
    assert.match(daemon.logTail(), /exec\.db|read-only/i);
  }
  execFileSync('mount', ['-o', 'remount,rw', disk]);
  await daemon.start();
  assert.strictEqual((await readOrder(daemon.url, id)).status, 'confirmed');
  assert.strictEqual((await waitForEnd(daemon.url, await submitOk(daemon.url, swap()))).status, 'confirmed');
});

main();
