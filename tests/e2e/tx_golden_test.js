'use strict';
// execctl tx against what the deployed programs took: every instruction and transaction to the byte. The kinds of pools
// come from the program itself.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { execctl } = require('./support/execctl');
const { OFFLINE, accountsOf, clockWords, families, fixtures, golden, groups } = require('./support/fixtures');
const { account, accountFile, toBase58 } = require('./support/saved_pool');
const { test, main } = require('./support/suite');

const LOOKUP_PROGRAM = 'AddressLookupTab1e1111111111111111111111111';

const bare = ({ programId, accounts, dataHex }) => ({
  program_id: programId, accounts: accounts.map(({ pubkey, signer, writable }) => ({ pubkey, signer, writable })), data_hex: dataHex,
});

test('every golden instruction, byte for byte', async () => {
  const root = fixtures();
  const known = await families();
  for (const [venue, all] of groups(golden(root, 'instructions'), (line) => line.venue)) {
    if (!known.includes(venue)) continue;
    let equal = 0;
    for (const line of all) {
      const words = ['tx', 'build', '--accounts', accountsOf(root, line), '--pool', line.pool, '--in', line.token_in, '--amount', line.amount_in,
        '--min-out', line.min_out, '--user', line.user, '--blockhash', line.pool, ...clockWords(line), '-o', 'json'];
      const { code, out, err } = await execctl(OFFLINE, words);
      assert.strictEqual(code, 0, err);
      const built = JSON.parse(out);
      assert.strictEqual(built.expectedOut, line.amount_out);
      const swap = built.instructions.filter((one) => one.programId === line.expected.program_id);
      assert.strictEqual(swap.length, 1);
      assert.deepStrictEqual(bare(swap[0]), line.expected);

      // Read back, it is the same, and says what it is.
      const read = await execctl(OFFLINE, ['tx', 'decode', '-', '-o', 'json'], { input: built.unsignedTransaction });
      assert.strictEqual(read.code, 0, read.err);
      const decoded = JSON.parse(read.out).instructions.find((one) => one.programId === line.expected.program_id);
      assert.strictEqual(decoded.dataHex, line.expected.data_hex);
      assert.strictEqual(decoded.program, venue);
      const role = (name) => decoded.accounts.find((one) => one.role === name);
      assert.strictEqual(role('pool').pubkey, line.pool);
      assert.strictEqual(role('user').pubkey, line.user);
      assert.strictEqual(decoded.fields.amount_in || decoded.fields.amount, line.amount_in);
      assert.strictEqual(decoded.fields.min_out || decoded.fields.threshold, line.min_out);
      equal += 1;
    }
    console.log(`  ${venue} instructions: ${equal} of ${all.length}`);
  }
});

// The account of a lookup table that is in use, as the chain stores it.
function tableFile({ key, addresses }) {
  const fields = { 0: [1, 4], 4: [2n ** 64n - 1n, 8] };
  addresses.forEach((address, i) => { fields[56 + 32 * i] = address; });
  return accountFile(key, LOOKUP_PROGRAM, account(56 + 32 * addresses.length, fields));
}

// A folder with the accounts of a golden transaction, its tables among them.
function folderOf(place, root, line, number) {
  const folder = place.folder(`accounts-${number}`);
  for (const file of line.accounts || []) fs.copyFileSync(path.join(root, file), path.join(folder, path.basename(file)));
  for (const table of line.lookup_tables || []) fs.writeFileSync(path.join(folder, `${table.key}.json`), JSON.stringify(tableFile(table)));
  return folder;
}

async function checkBuilt(place, root, line, number, firstTime) {
  const folder = folderOf(place, root, line, number);
  const words = ['tx', 'build', '--accounts', folder, '--pool', line.pool, '--in', line.token_in, '--amount', line.amount_in, '--min-out', line.min_out,
    '--blockhash', line.recent_blockhash, '--compute-unit-limit', String(line.compute_unit_limit),
    '--compute-unit-price', String(line.compute_unit_price), ...clockWords(line), '-o', 'json'];
  for (const { key } of line.lookup_tables || []) words.push('--lookup-table', key);
  const seed = line.fee_payer_seed_hex;
  const keyFile = path.join(place.directory, `key-${number}.json`);
  const publicKey = Buffer.from(line.message_hex, 'hex').subarray(5, 37); // the first key of a message with fewer than 128
  fs.writeFileSync(keyFile, JSON.stringify([...Buffer.from(seed, 'hex'), ...publicKey]), { mode: 0o600 });
  const ways = [[['--seed', seed], ''], [['--seed', '-'], `${seed}\n`], [['--keypair', keyFile], '']];
  for (const [more, input] of firstTime ? ways : ways.slice(1, 2)) {
    const { code, out, err } = await execctl(OFFLINE, [...words, ...more], { input });
    assert.strictEqual(code, 0, err);
    const built = JSON.parse(out);
    assert.deepStrictEqual(built.instructions.map(bare), line.instructions);
    assert.strictEqual(built.messageHex, line.message_hex);
    assert.strictEqual(Buffer.from(built.message, 'base64').toString('hex'), line.message_hex);
    assert.strictEqual(built.transaction, line.transaction_base64);
    assert.strictEqual(built.signature, line.signature);
    assert.strictEqual(built.sizeBytes, line.wire_bytes);
    assert.ok(!out.includes(seed) && !err.includes(seed));
  }
  const unsigned = await execctl(OFFLINE, [...words, '--user', line.fee_payer]);
  assert.strictEqual(JSON.parse(unsigned.out).messageHex, line.message_hex);
  assert.strictEqual(JSON.parse(unsigned.out).transaction, undefined);
}

async function checkDecoded(place, root, line, number) {
  const bytes = Buffer.from(line.transaction_base64, 'base64');
  // The forms in turns: each is read of some transaction, and of the first all three.
  const all = { base64: `${line.transaction_base64}\n`, base58: toBase58(bytes), bytes };
  const forms = number === 0 ? all : Object.fromEntries([Object.entries(all)[number % 3]]);
  const folder = folderOf(place, root, line, `decode-${number}`);
  const tables = line.lookup_tables ? ['--accounts', folder] : [];
  const documents = [];
  for (const [form, contents] of Object.entries(forms)) {
    const file = path.join(place.directory, `transaction-${number}.${form}`);
    fs.writeFileSync(file, contents);
    const { code, out, err } = await execctl(OFFLINE, ['tx', 'decode', file, ...tables, '-o', 'json']);
    assert.strictEqual(code, 0, `${form}: ${err}`);
    documents.push(out);
  }
  assert.strictEqual(new Set(documents).size, 1);
  const read = JSON.parse(documents[0]);
  assert.deepStrictEqual(
    [read.signature, read.version, read.sizeBytes, read.feePayer, read.blockhash],
    [line.signature, 0, line.wire_bytes, line.fee_payer, line.recent_blockhash],
  );
  assert.deepStrictEqual(read.signers, [{ pubkey: line.fee_payer, writable: true, signature: line.signature, valid: true }]);
  assert.deepStrictEqual(read.lookups.map((lookup) => lookup.table), (line.lookup_tables || []).map((table) => table.key));
  // A message says of an account what all instructions together want of it.
  const plain = (one) => [one.program_id, one.data_hex, one.accounts.map((item) => item.pubkey)];
  assert.deepStrictEqual(read.instructions.map((one) => plain(bare(one))), line.instructions.map(plain));
  for (const [i, one] of read.instructions.entries()) {
    assert.ok(one.name, `instruction ${i + 1} has no name`);
    for (const [at, meta] of line.instructions[i].accounts.entries()) {
      assert.ok(!meta.signer || one.accounts[at].signer);
      assert.ok(!meta.writable || one.accounts[at].writable);
    }
  }
  const words = await execctl(OFFLINE, ['tx', 'decode', '-'], { input: line.transaction_base64 });
  assert.strictEqual(words.code, 0, words.err);
  assert.match(words.out, new RegExp(`^transaction {2}${line.signature}$`, 'm'));
  assert.match(words.out, new RegExp(`^signer {7}${line.fee_payer} {2}signed$`, 'm'));
  return read;
}

test('every golden transaction: built byte for byte where it is a swap, and read in words', async (place) => {
  const root = fixtures();
  const all = golden(root, 'transactions');
  let built = 0;
  const named = [];
  for (const [number, line] of all.entries()) {
    if (line.kind === 'swap') {
      await checkBuilt(place, root, line, number, built === 0);
      built += 1;
    }
    named.push((await checkDecoded(place, root, line, number)).instructions.map((one) => `${one.program}.${one.name}`));
  }
  console.log(`  transactions: ${all.length} of ${all.length} read, ${built} of ${built} built`);
  assert.ok(built >= 3);
  assert.deepStrictEqual(named[0], ['system.transfer']);
  assert.deepStrictEqual(named[2], ['associated_token.create_idempotent', 'system.transfer', 'token.sync_native', 'token.close_account']);
  assert.deepStrictEqual(named[3].slice(0, 3), ['compute_budget.set_compute_unit_limit', 'compute_budget.set_compute_unit_price', 'associated_token.create_idempotent']);
});

main();
