'use strict';
// Every command there is, as a program uses it: with -o json and -o ndjson standard output is JSON and nothing
// else, on success and on each kind of failure, and the exit code is the one the manual says. The commands come
// from the program itself: one that the table below does not know fails the test.

const assert = require('node:assert');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { test, main, Skip, FAST_WORLD } = require('./support/suite');
const { within } = require('./support/http');
const { submitOk, swap, waitForEnd } = require('./support/orders');
const { writePool } = require('./support/saved_pool');

const UNKNOWN = '01890000-0000-7000-8000-000000000000';
const NOBODY = 'http://127.0.0.1:1';
const AT_ONCE = 4;

// What each command needs to succeed (`ok`, given the world), its exit code then, and what it says when the
// server is down (`down`, 0 where none is needed). `id`: it takes an order, and says 4 for one that is not there.
const CASES = {
  submit: { ok: () => ['SOL', 'USDC', '1'], down: 3 },
  quote: { ok: () => ['SOL', 'USDC', '1'], down: 3 },
  watch: { ok: (world) => [world.order], down: 3, id: true },
  get: { ok: (world) => [world.order], down: 3, id: true },
  explain: { ok: (world) => [world.order], down: 3, id: true },
  list: { ok: () => [], down: 3 },
  cancel: { ok: async (world) => [await submitOk(world.slow.url, swap())], server: 'slow', down: 3, id: true },
  retry: { ok: (world) => [world.cancelled, '--no-wait'], server: 'slow', down: 3, id: true },
  stats: { ok: () => [], down: 3 },
  export: { ok: () => [], down: 3 },
  venues: { ok: () => [], down: 3 },
  'venues pause': { ok: () => ['orca', '--reason', 'a test'], server: 'slow', down: 3 },
  'venues resume': { ok: () => ['orca'], server: 'slow', down: 3 },
  tokens: { ok: () => [], down: 3 },
  queue: { ok: () => [], down: 3 },
  pools: { ok: ({ node }) => ['SOL', 'USDC', '--rpc', node], down: 0 },
  'pool-quote': { ok: ({ pool }) => ['--accounts', pool.folder, '--pool', pool.pool, '--in', pool.sol, '--amount', '1000'], down: 0 },
  'tx build': { ok: ({ pool }) => buildWords(pool), down: 0 },
  'tx decode': { ok: (world) => [world.transaction], down: 0 },
  bench: { ok: () => ['--orders', '3', '--connections', '1'], down: 3 },
  'bench compare': { ok: (world) => [world.report, world.report], down: 0 },
  'fault set': { ok: () => ['orca', '--mode', 'slow', '--for', '1h'], down: 3 },
  'fault clear': { ok: () => ['--all'], down: 3 },
  'fault list': { ok: () => [], down: 3 },
  doctor: { ok: () => [], down: 9 },
  health: { ok: () => [], down: 3 },
  'keys create': { ok: (world) => ['--name', 'n', '--account', 'a', '--scopes', 'read', '--keys-file', path.join(world.folder, 'keys.jsonl')], down: 0 },
  'keys list': { ok: (world) => ['--keys-file', world.keys], down: 0 },
  'keys revoke': { ok: (world) => [world.key, '--keys-file', world.keys], down: 0 },
  'config show': { ok: () => [], down: 0 },
  'config init': { ok: (world) => ['--force', '--file', path.join(world.folder, 'exec.toml')], down: 0 },
  'config check': { ok: () => [], down: 0 },
  'config path': { ok: () => [], down: 0 },
  completion: { ok: () => ['bash'], down: 0 },
  version: { ok: () => [], down: 0 },
  help: { ok: () => [], down: 0 },
};

const buildWords = (pool) => ['--accounts', pool.folder, '--pool', pool.pool, '--in', pool.sol, '--amount', '1000', '--min-out', '1',
  '--user', pool.other, '--blockhash', pool.pool];

function environment(server, more = {}) {
  return {
    PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ASAN_OPTIONS: process.env.ASAN_OPTIONS || '', EXEC_SERVER: server, PORT: '0', ...more,
  };
}

async function execctl(server, words, { cwd, more } = {}) {
  const child = spawn(process.env.EXECCTL, words, { cwd, env: environment(server, more), stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (piece) => { out += piece; });
  child.stderr.on('data', (piece) => { err += piece; });
  const code = await within(30000, new Promise((resolve) => { child.once('close', resolve); }));
  if (code === null && child.exitCode === null) {
    child.kill('SIGKILL');
    throw new Error(`execctl ${words.join(' ')} did not end:\n${out}\n${err}`);
  }
  return { code, out, err };
}

// The full names of the commands that do something and are not for machines.
function leaves(command) {
  if (command.hidden) return [];
  return [...(command.runs ? [command.path] : []), ...command.commands.flatMap(leaves)];
}

function readTree() {
  return JSON.parse(execFileSync(process.env.EXECCTL, ['__docs', 'json'], { env: environment(NOBODY), encoding: 'utf8' }));
}

// A Solana node that finds nothing, whatever is searched.
async function nodeWithoutPools(place) {
  const server = http.createServer((incoming, answer) => {
    let body = '';
    incoming.on('data', (piece) => { body += piece; });
    incoming.on('end', () => answer.end(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body).id, result: { context: { slot: 1 }, value: [] } })));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  place.atEnd(() => { server.closeAllConnections(); server.close(); });
  return `http://127.0.0.1:${server.address().port}`;
}

async function makeWorld(place) {
  const fast = await place.daemon().start();
  const slow = await place.daemon({ ...FAST_WORLD, MOCK_TIME_SCALE: '2' }).start();
  const world = { fast, slow, folder: place.folder('here') };
  world.order = await submitOk(fast.url, swap());
  world.cancelled = await submitOk(slow.url, swap());
  const cancelled = await execctl(slow.url, ['cancel', world.cancelled, '-o', 'json']);
  assert.strictEqual(cancelled.code, 0, cancelled.err);
  assert.strictEqual((await waitForEnd(slow.url, world.cancelled)).status, 'cancelled');
  await waitForEnd(fast.url, world.order);
  world.report = path.join(world.folder, 'bench.json');
  const bench = await execctl(fast.url, ['bench', '--mode', 'accept', '--orders', '2', '--save', world.report]);
  assert.strictEqual(bench.code, 0, bench.err);
  world.keys = path.join(world.folder, 'made.jsonl');
  const made = await execctl(fast.url, ['keys', 'create', '--name', 'n', '--account', 'a', '--scopes', 'read', '--keys-file', world.keys, '-o', 'json']);
  assert.strictEqual(made.code, 0, made.err);
  world.key = JSON.parse(made.out).id;
  world.node = await nodeWithoutPools(place);
  world.pool = writePool(path.join(world.folder, 'pool'));
  const built = await execctl(fast.url, ['tx', 'build', ...buildWords(world.pool), '-q']);
  assert.strictEqual(built.code, 0, built.err);
  world.transaction = path.join(world.folder, 'transaction');
  fs.writeFileSync(world.transaction, built.out);
  return world;
}

function checkDocuments(line, output, said) {
  const { out, err } = said;
  if (output === 'json') {
    assert.doesNotThrow(() => JSON.parse(out), `${line}: standard output is not one JSON document:\n${out}\n${err}`);
  } else {
    assert.ok(out === '' || out.endsWith('\n'), `${line}: the last line is not ended`);
    for (const text of out.split('\n').slice(0, -1)) {
      assert.doesNotThrow(() => JSON.parse(text), `${line}: a line is not JSON: ${text}`);
    }
  }
}

// Runs all the jobs, a few at once; fails with every failure.
async function inTurns(jobs) {
  const waiting = [...jobs];
  const failures = [];
  const turn = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      try { await job(); } catch (error) { failures.push(error.message); }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turn));
  assert.strictEqual(failures.length, 0, failures.join('\n\n'));
}

test('every command is JSON for programs, whether it succeeds or fails, with the exit code of the manual', async (place) => {
  const commands = leaves(readTree());
  for (const name of commands) assert.ok(CASES[name], `execctl ${name} has no line in the table of this test`);
  for (const name of Object.keys(CASES)) assert.ok(commands.includes(name), `execctl ${name} is gone, its line is not`);

  const world = await makeWorld(place);
  const jobs = [];
  for (const name of commands) {
    const row = CASES[name];
    const run = async (what, server, words, expected, output) => {
      const line = `execctl ${words.join(' ')} (${what})`;
      const said = await execctl(server, words, { cwd: world.folder });
      assert.strictEqual(said.code, expected, `${line}: exit code ${said.code}\n${said.out}\n${said.err}`);
      checkDocuments(line, output, said);
      if (![0, 9].includes(expected)) {
        const document = JSON.parse(said.out);
        assert.strictEqual(document.success, false, `${line}: ${said.out}`);
        assert.match(said.err, /^ {2}funds {3}\S.*\n {2}repeat {2}\S.*\n {2}next {4}\S/m, `${line}: ${said.err}`);
      }
    };
    for (const output of ['json', 'ndjson']) {
      const tail = ['-o', output];
      jobs.push(async () => {
        const words = [...name.split(' '), ...await row.ok(world), ...tail];
        await run('success', world[row.server || 'fast'].url, words, 0, output);
        const again = name === 'cancel' ? [...name.split(' '), UNKNOWN, ...tail] : words;
        await run('server down', NOBODY, again, row.down, output);
        if (output === 'json') await run('unknown option', world.fast.url, [...words, '--nonsense'], 2, output);
        if (row.id) await run('unknown order', world.fast.url, [...name.split(' '), UNKNOWN, ...tail], 4, output);
      });
    }
  }
  await inTurns(jobs);
});

test('the table and the CSV of every list have the same rows', async (place) => {
  const world = await makeWorld(place);
  const faulty = await execctl(world.fast.url, ['fault', 'set', 'orca', '--mode', 'slow']);
  assert.strictEqual(faulty.code, 0, faulty.err);
  for (const words of [['list'], ['venues'], ['tokens'], ['fault', 'list'], ['config', 'show'], ['queue']]) {
    const table = await execctl(world.fast.url, [...words, '--no-header', '--wide']);
    const csv = await execctl(world.fast.url, [...words, '-o', 'csv']);
    assert.strictEqual(csv.out.split('\r\n').length - 2, table.out.split('\n').length - 1, `${words.join(' ')}\n${csv.out}\n${table.out}`);
    assert.ok(table.out.length > 0);
  }
});

// Runs a line on a pseudo terminal of 80 columns and gives back what was written to it.
function onTerminal(line, variables) {
  return execFileSync('script', ['-qec', `stty cols 80 rows 24; ${line}`, '/dev/null'], {
    env: { ...environment(NOBODY), ...variables }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 20000,
  });
}

test('a real terminal gets colours, none with NO_COLOR, and no escape at all with TERM=dumb', async (place) => {
  try { execFileSync('script', ['--version']); } catch (error) { throw new Skip('script (util-linux) is not installed'); }
  const daemon = await place.daemon().start();
  for (const words of ['venues', 'list', 'doctor || true', 'submit SOL USDC 1', 'config show']) {
    const line = `"${process.env.EXECCTL}" -s ${daemon.url} ${words}`;
    const colours = onTerminal(line, { TERM: 'xterm' });
    const plain = onTerminal(line, { TERM: 'xterm', NO_COLOR: '1' });
    const dumb = onTerminal(line, { TERM: 'dumb' });
    assert.ok(dumb.trim().length > 0, `${words} wrote nothing`);
    if (words !== 'list') assert.match(colours, /\x1b\[[0-9;]+m/, `${words} has no colours on a terminal`);
    assert.doesNotMatch(plain, /\x1b\[[0-9;]+m/, `${words} has colours although NO_COLOR is set`);
    assert.ok(!dumb.includes('\x1b'), `${words} writes escapes to a dumb terminal: ${JSON.stringify(dumb)}`);
  }
});

// What bash would offer for a line with the cursor at its end.
function bashOffers(line, server) {
  const script = `source <("$EXECCTL" completion bash)
    COMP_LINE=$1; COMP_POINT=\${#1}
    _execctl "$EXECCTL"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', script, 'bash', line], {
    env: environment(server, { EXECCTL: process.env.EXECCTL }), encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'],
  }).split('\n').filter((word) => word);
}

test('bash completes commands, options, values, orders, tokens and venues', async (place) => {
  const daemon = await place.daemon().start();
  const order = await submitOk(daemon.url, swap());
  const offers = (line) => bashOffers(line, daemon.url);
  assert.deepStrictEqual(offers('execctl ver'), ['version']);
  assert.deepStrictEqual(offers('execctl get --output=nd'), ['ndjson']); // bash itself keeps what stands before =
  assert.deepStrictEqual(offers('execctl get -o nd'), ['ndjson']);
  assert.deepStrictEqual(offers('execctl get @la'), ['last']);
  assert.deepStrictEqual(offers(`execctl get ${order.slice(0, 10)}`), [order]);
  assert.deepStrictEqual(offers('execctl submit SO'), ['SOL']);
  assert.deepStrictEqual(offers('execctl fault set orc'), ['orca']);
  assert.deepStrictEqual(offers('execctl config show MOCK_SE'), ['MOCK_SEED']);
  assert.ok(offers('execctl ').includes('submit'));
  const file = path.join(place.directory, 'some.toml');
  fs.writeFileSync(file, '');
  assert.deepStrictEqual(offers(`execctl config check --config ${place.directory}/some`), [file]);

  const began = Date.now();
  assert.deepStrictEqual(bashOffers('execctl submit SO', NOBODY), []);
  assert.ok(Date.now() - began < 5000, 'a server that is down must not hold up the prompt');
});

test('the scripts of zsh and fish are accepted by their shells', async (place) => {
  let seen = 0;
  for (const shell of ['zsh', 'fish']) {
    const file = path.join(place.directory, shell);
    fs.writeFileSync(file, execFileSync(process.env.EXECCTL, ['completion', shell], { env: environment(NOBODY) }));
    try { execFileSync(shell, ['--version'], { stdio: 'ignore' }); } catch (error) { continue; }
    execFileSync(shell, ['-n', file]);
    seen += 1;
  }
  if (seen === 0) throw new Skip('neither zsh nor fish is installed');
});

main();
