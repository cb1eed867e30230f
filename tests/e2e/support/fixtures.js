'use strict';
// Real accounts of the chain and what the deployed programs made of them: not part of the tree.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { execctl } = require('./execctl');
const { Skip } = require('./suite');

const OFFLINE = { url: 'http://127.0.0.1:1' };

// The folder `solana` of the fixtures. LIBEXEC_FIXTURES names them, else they are looked for beside the tree.
function fixtures() {
  const named = process.env.LIBEXEC_FIXTURES || path.join(__dirname, '../../../../shared/fixtures');
  const root = path.join(named, 'solana');
  if (!fs.existsSync(path.join(root, 'golden'))) throw new Skip('fixtures not found (LIBEXEC_FIXTURES names their folder)');
  return root;
}

// The lines of golden/NAME.jsonl.
function golden(root, name) {
  return fs.readFileSync(path.join(root, 'golden', `${name}.jsonl`), 'utf8').split('\n').filter((line) => line).map((line) => JSON.parse(line));
}

// The folder a golden line's accounts lie in.
const accountsOf = (root, line) => path.dirname(path.join(root, line.accounts[0]));

const clockWords = ({ clock }) => ['--slot', String(clock.slot), '--unix-timestamp', String(clock.unix_timestamp), '--epoch', String(clock.epoch)];

// The kinds of pools the program prices.
async function families() {
  const said = await execctl(OFFLINE, ['pool-quote', '--families', '-o', 'json']);
  assert.strictEqual(said.code, 0, said.err);
  return JSON.parse(said.out).items.map((item) => item.family);
}

function groups(list, key) {
  const found = new Map();
  for (const one of list) found.set(key(one), [...(found.get(key(one)) || []), one]);
  return found;
}

module.exports = { OFFLINE, accountsOf, clockWords, families, fixtures, golden, groups };
