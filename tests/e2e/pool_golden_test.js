'use strict';
// execctl pool-quote against what the deployed programs paid for real accounts: every quote to the base unit, refusals
// included. The kinds of pools come from the program itself.

const assert = require('node:assert');
const { execctl, lines } = require('./support/execctl');
const { OFFLINE, accountsOf, clockWords, families, fixtures, golden, groups } = require('./support/fixtures');
const { test, main } = require('./support/suite');

const SINGLES = 2; // of a family's cases that are priced, how many are asked one at a time

// What the program paid, or null. Where the build that ran rounds otherwise than the source that replaced it, the source counts.
const paid = (line) => ('amount_out_current_source' in line ? line.amount_out_current_source : line.amount_out);

const question = (line) => JSON.stringify({
  pool: line.pool, in: line.token_in, amount: line.amount_in, slot: line.clock.slot, unixTimestamp: line.clock.unix_timestamp, epoch: line.clock.epoch,
});

// How many of one set's lines are as the program did; the first that is not is told.
async function equalOf(root, family, set) {
  const said = await execctl(OFFLINE, ['pool-quote', '--accounts', accountsOf(root, set[0]), '--batch', '-', '-o', 'ndjson'],
    { input: `${set.map(question).join('\n')}\n` });
  const answers = lines(said.out).map((text) => JSON.parse(text));
  assert.strictEqual(answers.length, set.length, `${family} ${set[0].name}: ${said.err}`);
  assert.strictEqual(said.code, set.some((line) => paid(line) === null) ? 5 : 0, said.err);
  let equal = 0;
  for (const [i, line] of set.entries()) {
    const answer = answers[i];
    const got = answer.error ? null : answer.amountOut;
    if (got === paid(line) && (answer.error ? answer.error.code !== 'usage' : answer.family === family)) equal += 1;
    else console.log(`  ${family} ${line.name} ${line.amount_in} of ${line.token_in}: ${JSON.stringify(answer)}, the program ${paid(line)}`);
  }
  return equal;
}

test('every golden quote, to the base unit, refusals included', async () => {
  const root = fixtures();
  for (const family of await families()) {
    const all = golden(root, family);
    let equal = 0;
    for (const set of groups(all, (line) => line.name).values()) equal += await equalOf(root, family, set);
    console.log(`  ${family}: ${equal} of ${all.length}`);
    assert.ok(all.length > 0);
    assert.strictEqual(equal, all.length, family);
  }
});

test('a quote and a refusal of each kind of pool, one at a time', async () => {
  const root = fixtures();
  for (const family of await families()) {
    const all = golden(root, family);
    const some = [...all.filter((line) => paid(line) !== null).slice(-SINGLES), ...all.filter((line) => paid(line) === null).slice(0, 1)];
    for (const line of some) {
      const words = ['pool-quote', '--accounts', accountsOf(root, line), '--pool', line.pool, '--in', line.token_in, '--amount', line.amount_in];
      const { code, out, err } = await execctl(OFFLINE, [...words, ...clockWords(line), '-o', 'json']);
      const answer = JSON.parse(out);
      if (paid(line) === null) {
        assert.strictEqual(code, 5, err);
        assert.deepStrictEqual(Object.keys(answer), ['error']);
        assert.deepStrictEqual(Object.keys(answer.error), ['code', 'detail']);
        assert.match(err, /^ {2}funds {3}nothing was sent/m);
        continue;
      }
      assert.strictEqual(code, 0, err);
      assert.deepStrictEqual(Object.keys(answer).slice(0, 3), ['amountOut', 'feeAmount', 'priceImpactBps']);
      assert.strictEqual(answer.amountOut, paid(line));
      assert.strictEqual(answer.family, family);
      assert.deepStrictEqual([answer.mintIn, answer.mintOut, answer.amountIn], [line.token_in, line.token_out, line.amount_in]);
    }
  }
});

main();
