'use strict';
// execctl bench over the real programs: every mode, against a server and in process, with tiny sizes. What it
// reports must be whole and agree with itself.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test, main, FAST_WORLD } = require('./support/suite');
const { sleep, within } = require('./support/http');

const PERCENTILES = ['P50Us', 'P90Us', 'P99Us', 'P999Us', 'MaxUs'];

function start(words) {
  const child = spawn(process.env.EXECCTL, words, {
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ASAN_OPTIONS: process.env.ASAN_OPTIONS || '' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { child, out: '', err: '' };
  child.stdout.on('data', (piece) => { said.out += piece; });
  child.stderr.on('data', (piece) => { said.err += piece; });
  said.ended = new Promise((resolve) => { child.once('close', (code) => resolve({ code })); });
  return said;
}

async function finish(said, words) {
  const ended = await within(30000, said.ended);
  if (ended === null) {
    said.child.kill('SIGKILL');
    throw new Error(`execctl ${words.join(' ')} did not end:\n${said.out}\n${said.err}`);
  }
  return { code: ended.code, out: said.out, err: said.err };
}

const execctl = (words) => finish(start(words), words);

async function bench(target, words, expected = 0) {
  const line = ['bench', ...target, '--seed', '3', '-o', 'json', ...words];
  const { code, out, err } = await execctl(line);
  assert.strictEqual(code, expected, `${line.join(' ')}: exit code ${code}\n${out}\n${err}`);
  return JSON.parse(out);
}

function checkLatencies(run, names) {
  for (const name of names) {
    const values = PERCENTILES.map((end) => run[name + end]);
    for (let i = 0; i < values.length; i++) {
      assert.ok(Number.isInteger(values[i]), `${name}${PERCENTILES[i]} is ${values[i]}`);
      assert.ok(i === 0 || values[i - 1] <= values[i], `${name}: ${values}`);
    }
    assert.ok(run[`${name}MaxUs`] > 0, `${name} took no time at all`);
  }
}

// One run of a report, after looking at what every report has.
function onlyRun(report, mode) {
  assert.strictEqual(report.bench, 1);
  assert.strictEqual(report.parameters.mode, mode);
  assert.strictEqual(report.seed, 3);
  assert.strictEqual(report.failed, false);
  assert.strictEqual(report.interrupted, false);
  assert.match(report.version, /^\d+\.\d+\.\d+/);
  assert.ok(!Number.isNaN(Date.parse(report.startedAt)));
  assert.strictEqual(report.runs.length, 1);
  const [run] = report.runs;
  for (const [name, { median, min, max }] of Object.entries(report.figures)) {
    assert.deepStrictEqual([median, min, max], [run[name], run[name], run[name]], name);
  }
  assert.deepStrictEqual(run.errors, {});
  return run;
}

async function checkAllModes(target, fanOutTarget) {
  const accept = onlyRun(await bench(target, ['--mode', 'accept', '--orders', '60', '--connections', '8', '--rate', '300', '--arrivals', 'poisson']), 'accept');
  assert.strictEqual(accept.accepted, 60);
  assert.strictEqual(accept.offeredPerSecond, 300);
  assert.ok(accept.achievedPerSecond > 0 && accept.lateBy10Ms <= accept.lateBy1Ms && accept.lateBy1Ms <= 60);
  checkLatencies(accept, ['accept']);

  const execute = onlyRun(await bench(target, ['--orders', '80', '--connections', '8', '--warmup', '10']), 'execute');
  assert.strictEqual(execute.accepted, 80);
  assert.strictEqual(execute.confirmed + execute.unfilled, 80);
  assert.ok(execute.executingUs >= execute.sendingUs * 0.5 && execute.executedPerSecond > 0);
  checkLatencies(execute, ['accept', 'execute']);

  const mixed = onlyRun(await bench(target, ['--mode', 'mixed', '--orders', '80', '--connections', '4', '--mix', '4,2,1,1']), 'mixed');
  assert.strictEqual(mixed.requests, 80);
  assert.strictEqual(mixed.accepted + mixed.getAnswers + mixed.listAnswers + mixed.quoteAnswers, 80);
  checkLatencies(mixed, ['accept', 'get', 'list', 'quote']);

  const fanOut = onlyRun(await bench(fanOutTarget, ['--mode', 'fan-out', '--orders', '2', '--followers', '6', '--connections', '2']), 'fan-out');
  assert.strictEqual(fanOut.accepted, 2);
  assert.strictEqual(fanOut.confirmed + fanOut.unfilled, 2);
  assert.strictEqual(fanOut.followers, 12);
  assert.strictEqual(fanOut.followerGaps, 0);
  // pending, routing, quotes, building, submitted, confirmed: no attempt meets trouble in this world.
  assert.strictEqual(fanOut.followerEvents, 12 * 6);
  assert.strictEqual(fanOut.lateFollowers, 0);
  checkLatencies(fanOut, ['firstFollower', 'lastFollower', 'follower']);
  assert.ok(fanOut.firstFollowerMaxUs <= fanOut.lastFollowerMaxUs);
}

test('every mode on a server', async (place) => {
  const atOnce = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '0', QUEUE_CONCURRENCY: '64' }).start();
  const slower = await place.daemon().start();
  await checkAllModes(['-s', atOnce.url], ['-s', slower.url]);
});

test('every mode in process, and a database that is kept', async (place) => {
  const target = ['--in-process', '--data-dir', place.directory];
  await checkAllModes(target, target);
  assert.deepStrictEqual(fs.readdirSync(place.directory), [], 'the database of a run was left behind');

  const file = path.join(place.folder('kept'), 'bench.db');
  for (let i = 0; i < 2; i++) {
    const report = await bench(['--in-process', '--database', `sqlite:${file}`], ['--orders', '10']);
    assert.strictEqual(report.database, `sqlite:${file}`);
    assert.strictEqual(report.runs[0].confirmed, 10);
  }
  assert.ok(fs.existsSync(file));
});

test('a database with orders under way, or of a kind that is not there, is refused', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '10' }).start();
  await bench(['-s', daemon.url], ['--mode', 'accept', '--orders', '3']);
  await daemon.kill9();
  const refused = await execctl(['bench', '--in-process', '--database', `sqlite:${daemon.databasePath}`, '--orders', '1']);
  assert.strictEqual(refused.code, 2, refused.err);
  assert.match(refused.err, /3 orders in .* have not ended/);
  const other = await execctl(['bench', '--in-process', '--database', 'postgres://u:secret@localhost/x', '--orders', '1']);
  assert.strictEqual(other.code, 2, other.err);
  assert.ok(!other.err.includes('secret'), other.err);
});

test('reports are saved once, and compared', async (place) => {
  const [a, b] = ['a.json', 'b.json'].map((name) => path.join(place.directory, name));
  const words = ['--mode', 'accept', '--orders', '20', '--runs', '2', '--connections'];
  const target = ['--in-process', '--data-dir', place.directory];
  const report = await bench(target, [...words, '4', '--save', a]);
  assert.deepStrictEqual(JSON.parse(fs.readFileSync(a, 'utf8')), report);
  assert.strictEqual(report.runs.length, 2);
  const again = await execctl(['bench', ...target, ...words, '4', '--save', a]);
  assert.strictEqual(again.code, 2);
  assert.match(again.err, /--force/);
  await bench(target, [...words, '2', '--save', a, '--force']);
  await bench(target, [...words, '4', '--save', b]);
  const { code, out, err } = await execctl(['bench', 'compare', a, b, '-o', 'json']);
  assert.strictEqual(code, 0, err);
  const compared = JSON.parse(out);
  assert.deepStrictEqual(compared.differences, [{ name: 'connections', a: 2, b: 4 }]);
  const accepted = compared.items.find((item) => item.figure === 'accepted');
  assert.deepStrictEqual([accepted.ratioPerMille, accepted.verdict], [1000, 'same']);
  for (const output of ['csv', 'ndjson']) {
    const rows = await execctl(['bench', ...target, ...words, '4', '-o', output]);
    assert.strictEqual(rows.out.trimEnd().split('\n').length, output === 'csv' ? 3 : 2, rows.out);
  }
});

test('Ctrl-C gives the figures so far', async (place) => {
  const daemon = await place.daemon().start();
  const words = ['bench', '-s', daemon.url, '--duration', '1h', '--rate', '50', '--connections', '4', '-o', 'json'];
  const said = start(words);
  await sleep(1000);
  process.kill(said.child.pid, 'SIGINT');
  const { code, out, err } = await finish(said, words);
  assert.strictEqual(code, 130, err);
  const report = JSON.parse(out);
  assert.strictEqual(report.interrupted, true);
  assert.ok(report.runs[0].interrupted && report.runs[0].accepted > 0);
});

test('the rate limit of a server is not measured', async (place) => {
  const daemon = await place.daemon({ ...FAST_WORLD, RATE_LIMIT: '5' }).start();
  const { code, out, err } = await execctl(['bench', '-s', daemon.url, '--orders', '20', '-o', 'json']);
  assert.strictEqual(code, 7, err);
  assert.strictEqual(JSON.parse(out).code, 'rate_limited');
  assert.match(err, /--rate-limit 0/);
});

main();
