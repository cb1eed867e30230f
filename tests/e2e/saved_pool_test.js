'use strict';
// execctl pool-quote and tx on a pool that this test encodes: what a person and a script see, and every wrong input.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { execctl, lines } = require('./support/execctl');
const { account, accountFile, address, savedPool, writePool } = require('./support/saved_pool');
const { test, main } = require('./support/suite');

const OFFLINE = { url: 'http://127.0.0.1:1' };
const CLOCK = ['--slot', '449280000', '--unix-timestamp', '1790000000', '--epoch', '1040'];
const SEED = '0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20';
const WALLET = '9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj';

const quoteWords = (pool, more = []) => ['pool-quote', '--accounts', pool.folder, '--pool', pool.pool, '--in', pool.sol, '--amount', '1000000000', ...more];
const buildWords = (pool, more = []) => ['tx', 'build', '--accounts', pool.folder, '--pool', pool.pool, '--in', pool.sol, '--amount', '1000000000',
  '--min-out', '1', '--blockhash', pool.pool, ...more];

async function refused(words, code, pattern, options = {}) {
  const said = await execctl(OFFLINE, words, options);
  const line = `execctl ${words.join(' ')}`;
  assert.strictEqual(said.code, code, `${line}\n${said.out}${said.err}`);
  assert.match(said.err, pattern, line);
  assert.match(said.err, /^ {2}funds {3}\S.*\n {2}repeat {2}\S.*\n {2}next {4}\S/m, line);
  return said;
}

test('a saved pool is priced in words, JSON, CSV and one word, and both ways', async (place) => {
  const pool = writePool(place.folder('pool'));
  const { fee, out } = pool.pays(10n ** 9n);
  const answer = JSON.parse((await execctl(OFFLINE, quoteWords(pool, [...CLOCK, '-o', 'json']))).out);
  assert.deepStrictEqual(answer, {
    amountOut: String(out), feeAmount: String(fee), priceImpactBps: 10, feeMint: pool.sol, crossings: 0, amountIn: '1000000000',
    mintIn: pool.sol, mintOut: pool.other, family: 'raydium_cpmm', pool: pool.pool, clock: { slot: 449280000, unixTimestamp: 1790000000, epoch: 1040 },
  });
  const words = await execctl(OFFLINE, quoteWords(pool, CLOCK));
  assert.strictEqual(words.err, '');
  assert.match(words.out, new RegExp(`^ {2}out {5}${out} base units of ${pool.other}$`, 'm'));
  assert.match(words.out, /^ {2}impact {2}0\.10 %$/m);
  assert.strictEqual((await execctl(OFFLINE, quoteWords(pool, [...CLOCK, '-q']))).out, `${out}\n`);
  const csv = (await execctl(OFFLINE, quoteWords(pool, [...CLOCK, '-o', 'csv']))).out.split('\r\n');
  assert.strictEqual(csv[1].split(',')[csv[0].split(',').indexOf('amountOut')], String(out));

  const bought = await execctl(OFFLINE, ['pool-quote', '--accounts', pool.folder, '--pool', pool.pool, '--in', pool.sol, '--amount', String(out), '--exact-out', ...CLOCK, '-o', 'json']);
  const cost = JSON.parse(bought.out);
  assert.strictEqual(cost.amountOut, String(out));
  assert.ok(pool.pays(BigInt(cost.amountIn)).out >= out && pool.pays(BigInt(cost.amountIn) - 1n).out < out, bought.out);
});

test('the clock is what is said, else the snapshot says, else a guess that is told', async (place) => {
  const saved = savedPool({ opensAt: 1600000000 });
  const pool = writePool(place.folder('pool'), saved);
  await refused(quoteWords(pool, ['--unix-timestamp', '1599999999', '--slot', '1']), 5, /pool_closed/);
  const guess = await execctl(OFFLINE, quoteWords(pool, ['-o', 'json']));
  assert.match(guess.err, /^note: the snapshot has no clock: .* guess/);
  assert.ok(Math.abs(JSON.parse(guess.out).clock.unixTimestamp - Date.now() / 1000) < 600, guess.err);

  const fields = { 0: [432000n * 7n + 5n, 8], 16: [9, 8], 32: [1790000001, 8] };
  const clock = accountFile('SysvarC1ock11111111111111111111111111111111', 'Sysvar1111111111111111111111111111111111111', account(40, fields));
  fs.writeFileSync(path.join(pool.folder, 'clock.json'), JSON.stringify(clock));
  const read = await execctl(OFFLINE, quoteWords(pool, ['-o', 'json']));
  assert.strictEqual(read.err, '');
  assert.deepStrictEqual(JSON.parse(read.out).clock, { slot: 3024005, unixTimestamp: 1790000001, epoch: 9 });
  const said = JSON.parse((await execctl(OFFLINE, quoteWords(pool, ['--slot', '432000', '-o', 'json']))).out);
  assert.deepStrictEqual(said.clock, { slot: 432000, unixTimestamp: 1790000001, epoch: 1 });

  const bundle = place.folder('bundle');
  const accounts = Object.fromEntries(saved.files.map((file) => [file.pubkey, { owner: file.account.owner, lamports: 1, data: file.account.data[0] }]));
  fs.writeFileSync(path.join(bundle, 'all.json'), JSON.stringify({ slot: 77, clock: { slot: 77, unix_timestamp: 1790000002, epoch: 3 }, accounts }));
  const bundled = JSON.parse((await execctl(OFFLINE, quoteWords({ ...pool, folder: bundle }, ['-o', 'json']))).out);
  assert.deepStrictEqual(bundled.clock, { slot: 77, unixTimestamp: 1790000002, epoch: 3 });
});

test('a batch answers each line, and says by its exit code whether all could be answered', async (place) => {
  const pool = writePool(place.folder('pool'));
  const words = ['pool-quote', '--accounts', pool.folder, '--pool', pool.pool, '--in', pool.sol, ...CLOCK, '--batch', '-'];
  const good = '{"amount":"1000"}\n\n# twice as much\n{"amount":2000,"in":"' + pool.other + '"}\n';
  const first = await execctl(OFFLINE, [...words, '-o', 'ndjson'], { input: good });
  assert.strictEqual(first.code, 0, first.err);
  assert.deepStrictEqual(lines(first.out).map((line) => JSON.parse(line)).map((one) => [one.line, one.amountIn, one.mintIn]),
    [[1, '1000', pool.sol], [4, '2000', pool.other]]);
  const second = await execctl(OFFLINE, [...words, '-o', 'json'], { input: `${good}{"amount":"1"}\n` });
  assert.strictEqual(second.code, 5, second.err);
  assert.strictEqual(JSON.parse(second.out).items[2].error.code, 'amount_too_small');
  const bad = ['{"amount":"1.5"}', '{"amnt":"1"}', '{"amount":"1","amount":"2"}', '[1]', 'nothing', '{"amount":"1","exactOut":1}', '{"amount":"1","slot":-1}',
    `{"amount":"1","pool":"${address(9)}"}`, `{"amount":"1","in":"${address(9)}"}`, '{"amount":null}', `{"amount":"${'1'.repeat(5000)}"}`];
  const third = await execctl(OFFLINE, [...words, '-o', 'ndjson'], { input: `${bad.join('\n')}\n{"amount":"5000"}\n` });
  assert.strictEqual(third.code, 2, third.err);
  const answers = lines(third.out).map((line) => JSON.parse(line));
  assert.strictEqual(answers.length, bad.length + 1);
  for (const answer of answers.slice(0, -1)) assert.ok(['usage', 'not_found'].includes(answer.error.code), JSON.stringify(answer));
  assert.match(answers[1].error.detail, /amnt.*did you mean amount/);
  assert.strictEqual(answers[bad.length].amountIn, '5000');
  const table = await execctl(OFFLINE, words, { input: good });
  assert.strictEqual(lines(table.out).length, 3, table.out);
});

test('what a wrong command line says', async (place) => {
  const pool = writePool(place.folder('pool'));
  const without = (words, name) => words.filter((word, i) => word !== name && words[i - 1] !== name);
  const instead = (words, name, value) => words.map((word, i) => (words[i - 1] === name ? value : word));
  const words = quoteWords(pool, CLOCK);
  await Promise.all(['--accounts', '--pool', '--in', '--amount'].map((name) => refused(without(words, name), 2, new RegExp(`${name} is missing`))));
  const amounts = ['1.5', '-1', '1e9', '', '+1', '0x10', '1 SOL'];
  await Promise.all(amounts.map((amount) => refused(instead(words, '--amount', amount), 2, /no whole number of base units/)));
  await refused(instead(words, '--amount', '18446744073709551616'), 2, /more than a token can have/);
  await refused(instead(words, '--pool', 'SOL'), 2, /--pool 'SOL' is no address/);
  await refused(instead(words, '--in', `${pool.sol}1`), 2, /--in '.*' is no address/);
  const foreign = await refused(instead(words, '--in', address(99)), 2, /is no token of this pool/);
  assert.ok(foreign.err.includes(pool.sol) && foreign.err.includes(pool.other));
  await refused(instead(words, '--pool', address(99)), 4, /is none of the 6 accounts in/);
  await refused(instead(words, '--accounts', path.join(place.directory, 'nowhere')), 4, /there is no folder/);
  await refused(instead(words, '--accounts', path.join(pool.folder, `${pool.pool}.json`)), 2, /is no folder/);
  await refused(instead(words, '--accounts', place.folder('empty')), 2, /holds no files/);
  await refused(instead(words, '--slot', '1.5'), 2, /--slot '1.5' is not possible/);
  await refused(instead(words, '--unix-timestamp', '9223372036854775808'), 2, /--unix-timestamp/);
  await refused([...words, '--batch', '-'], 2, /--amount and --batch/);
  await refused([...without(words, '--amount'), '--batch', '/no/such/file'], 2, /cannot be read/);
  const small = await refused([...instead(words, '--amount', '1'), '-o', 'json'], 5, /amount_too_small/);
  assert.deepStrictEqual(Object.keys(JSON.parse(small.out)), ['error']);
  await refused(instead(words, '--pool', pool.config), 5, /bad_account/);
  await refused(instead(words, '--pool', pool.sol), 5, /owns no kind of pool that is known: .*raydium_cpmm/);
});

test('what wrong files in the folder say: the file, the field, the rule and the fix', async (place) => {
  const saved = savedPool();
  const broken = async (code, pattern, change) => {
    const pool = writePool(fs.mkdtempSync(path.join(place.directory, 'pool-')), saved);
    change(pool, path.join(pool.folder, `${saved.config}.json`));
    await refused(quoteWords(pool, CLOCK), code, pattern);
  };
  const config = saved.files.find((file) => file.pubkey === saved.config);
  const changed = (change) => {
    const copy = JSON.parse(JSON.stringify(config));
    change(copy, copy.account);
    return (pool, file) => fs.writeFileSync(file, JSON.stringify(copy));
  };
  const name = `${saved.config}\\.json`;
  const fields = {
    'account\\.owner is absent': (all, one) => { delete one.owner; },
    'account\\.owner is "SOL".*base58 of 32 bytes': (all, one) => { one.owner = 'SOL'; },
    'account\\.lamports is -1.*whole number': (all, one) => { one.lamports = -1; },
    'account\\.data is encoded as "base58"': (all, one) => { one.data[1] = 'base58'; },
    'account\\.data is .*has to be base64': (all, one) => { one.data[0] = '!'; },
    'account\\.data is 12': (all, one) => { one.data = 12; },
    'account\\.space is 7.*236 bytes': (all, one) => { one.space = 7; },
    'account\\.executable is "no"': (all, one) => { one.executable = 'no'; },
    'pubkey is "x".*an address': (all) => { all.pubkey = 'x'; },
    'is not what it is called': (all) => { all.pubkey = address(77); },
    'account is 5': (all) => { all.account = 5; },
    'is no account: it has neither': (all) => { delete all.pubkey; },
  };
  await Promise.all(Object.entries(fields).map(([pattern, change]) => broken(2, new RegExp(`${name}': .*${pattern}`), changed(change))));
  await broken(2, new RegExp(`${name}': is no JSON .*save it anew with`), (pool, file) => fs.writeFileSync(file, '{'));
  await broken(2, /README': is no JSON/, (pool) => fs.writeFileSync(path.join(pool.folder, 'README'), 'hello'));
  await broken(2, /deep': is no file/, (pool) => fs.mkdirSync(path.join(pool.folder, 'deep')));
  await broken(2, new RegExp(`again.json': the account ${saved.config} stands in '.*${name}' already`),
    (pool, file) => fs.copyFileSync(file, path.join(pool.folder, 'again.json')));
  const bundle = (slot) => JSON.stringify({ slot, accounts: { [address(50 + slot)]: { owner: saved.sol, lamports: 1, data: '' } } });
  await broken(2, /b2.json': is of slot 2, and '.*b1.json' of slot 1/, (pool) => {
    for (const slot of [1, 2]) fs.writeFileSync(path.join(pool.folder, `b${slot}.json`), bundle(slot));
  });
  await broken(5, new RegExp(`bad_account.*${saved.config}: there is no such account`), (pool, file) => fs.rmSync(file));
  await broken(5, /bad_account.*discriminator/, changed((all, one) => { one.data[0] = `AAAA${one.data[0].slice(4)}`; }));
  // What begins with a dot is not looked at.
  const pool = writePool(place.folder('hidden'), saved);
  fs.writeFileSync(path.join(pool.folder, '.DS_Store'), 'x');
  assert.strictEqual((await execctl(OFFLINE, quoteWords(pool, CLOCK))).code, 0);
});

test('a transaction is signed by a seed or a file that is never shown, and only by one', async (place) => {
  const pool = writePool(place.folder('pool'));
  const words = buildWords(pool, CLOCK);
  const signed = await execctl(OFFLINE, [...words, '--seed', '-', '-q'], { input: `${SEED}\n` });
  assert.strictEqual(signed.code, 0, signed.err);
  const read = await execctl(OFFLINE, ['tx', 'decode', '-'], { input: signed.out });
  assert.match(read.out, new RegExp(`^signer {7}${WALLET} {2}signed$`, 'm'));
  assert.match(read.out, /raydium_cpmm swap_base_input\n {5}amount_in .* 1000000000\n/);
  // One that was tampered with says so.
  const bytes = Buffer.from(signed.out, 'base64');
  bytes[10] ^= 1;
  const file = path.join(place.directory, 'tampered');
  fs.writeFileSync(file, bytes);
  assert.match((await execctl(OFFLINE, ['tx', 'decode', file])).out, /WRONG SIGNATURE/);
  // A message alone is one that nobody has signed.
  const built = JSON.parse((await execctl(OFFLINE, [...words, '--user', WALLET, '-o', 'json'])).out);
  const alone = JSON.parse((await execctl(OFFLINE, ['tx', 'decode', '-', '-o', 'json'], { input: built.message })).out);
  assert.deepStrictEqual([alone.signature, alone.signers[0].valid], [null, null]);

  const key = path.join(place.directory, 'key.json');
  fs.writeFileSync(key, '[]', { mode: 0o600 });
  const wrong = [
    [words, /there is no wallet/], [[...words, '--user', WALLET, '--seed', SEED], /more than one wallet/], [[...words, '--user', 'me'], /--user 'me' is no address/],
    [[...words, '--seed', `${SEED}00`], /--seed is no seed/], [[...words, '--seed', SEED.replace('f', 'g')], /--seed is no seed/],
    [[...words, '--seed', '-'], /standard input is no seed/], [[...words, '--keypair', key], /no key pair as solana-keygen writes it/],
    [[...words, '--keypair', path.join(place.directory, 'none')], /cannot be read/], [[...words, '--seed', SEED, '--seed', SEED], /seed/],
  ];
  for (const [line, pattern] of wrong) {
    const said = await refused(line, 2, pattern);
    assert.ok(!`${said.out}${said.err}`.includes(SEED.slice(0, 20)), said.err);
  }
  fs.chmodSync(key, 0o644);
  await refused([...words, '--keypair', key], 2, /can be reached by others .*chmod 600/);
  const other = words.map((word, i) => (words[i - 1] === '--blockhash' ? 'hash' : word));
  await refused([...other, '--user', WALLET], 2, /--blockhash 'hash' is no blockhash/);
  await refused([...words, '--user', WALLET, '--lookup-table', pool.config], 2, /--lookup-table .*a lookup table belongs to its program/);
  await refused([...words, '--user', WALLET, '--lookup-table', address(9)], 2, /is not among the accounts/);
  const dear = words.map((word, i) => (words[i - 1] === '--min-out' ? '999999999999' : word));
  assert.match((await execctl(OFFLINE, [...dear, '--user', WALLET])).err, /^note: the pool would pay \d+, less than --min-out/);
});

test('what is no transaction says which part is wrong', async (place) => {
  await refused(['tx', 'decode', '/no/such/file'], 2, /cannot be read/);
  await refused(['tx', 'decode', place.directory], 2, /cannot be read|nothing in it/);
  for (const [input, pattern] of [['', /there is nothing in it/], ['hello, world', /neither base64 nor base58/], ['AQID', /is no transaction: /],
    ['x'.repeat(5000), /more than 4096 bytes/], [Buffer.from([1, 2, 3]), /is no transaction: /]]) {
    await refused(['tx', 'decode', '-'], 2, pattern, { input });
  }
});

main();
