'use strict';
// execd trades through the deployed programs of the pools themselves: a local node runs their builds over real accounts,
// and its balances say what each order paid. Neither builds nor accounts are part of the tree; LIBEXEC_PROGRAMS names the
// folder of the builds, FAMILY.so each. With `--record FILE` what was paid is written down for the tests that need neither.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { accountsOf, fixtures, golden } = require('./support/fixtures');
const { checkEvents } = require('./support/judge');
const { makeKeyPair, startLocalnet, SOL_MINT } = require('./support/localnet');
const { readEvents, submitOk, waitForEnd } = require('./support/orders');
const { test, main, Skip } = require('./support/suite');

const SLOT_MS = 50;
const FEE_OF_SIGNATURE = 5000n;
const WALLET_HOLDS = 10n ** 17n;
const LAMPORTS = 4n * 10n ** 15n; // the node's JSON is exact below 2^53
const ALL = process.argv.includes('--all');
const RECORD = process.argv.includes('--record') ? process.argv[process.argv.indexOf('--record') + 1] : null;
const KNOWN = { [SOL_MINT]: 'SOL', EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v: 'USDC', orcaEKTdK7LKz57vaAYr9QeNsVEPfiu6QeMU1kektZE: 'ORCA' };

// Family, and the sets of accounts it is tried with.
const TRIED = {
  raydium_cpmm: ['AXTq4JHN_creator_fee_off'],
  raydium_amm_v4: ['sol_usdc_58oQChx4'],
  orca_whirlpool: ['65shmpuY_20220407', 'FSBDeuLQ_20220407_dynamic_arrays', 'FSBDeuLQ_20220407_adaptive'],
  raydium_clmm: ['swap_28benrbW8FCeq91j', 'swap_3cXdrGCdoom2hMDf'],
  meteora_dlmm: ['EtAdVRLF', '9t3EyC9F'],
  meteora_damm_v2: ['CGPxT5d1', 'pool_account'],
};

function buildOf(family) {
  const folder = process.env.LIBEXEC_PROGRAMS;
  if (!folder) throw new Skip('the programs of the pools are not at hand (LIBEXEC_PROGRAMS names the folder of their builds)');
  const file = path.resolve(folder, `${family}.so`);
  if (!fs.existsSync(file)) throw new Skip(`there is no ${file}`);
  return file;
}

const readAccounts = (folder) => fs.readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')));

// A number of base units as people write it.
function inTokens(units, decimals) {
  const digits = String(units).padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
function inUnits(text, decimals) {
  const [whole, part = ''] = text.split('.');
  return BigInt(whole + part.padEnd(decimals, '0'));
}

class Market {
  // A node that runs the family's program over one set of accounts, a wallet that has both tokens, and an execd.
  static async open(place, family, name, settings = {}) {
    const root = fixtures();
    const market = new Market();
    market.lines = golden(root, family).filter((line) => line.name === name);
    const folder = accountsOf(root, market.lines[0]);
    market.accounts = readAccounts(folder);
    market.pool = market.lines[0].pool;
    const program = market.accounts.find(({ pubkey }) => pubkey === market.pool).account.owner;
    market.node = await startLocalnet(place, SLOT_MS, ['--program', `${program}=${buildOf(family)}`, '--account', folder]);
    // As late as it was when the accounts were captured: pools open at a slot or a second, and fees fade.
    await market.node.call('ctl_skipSlots', market.lines[0].clock.slot - await market.node.call('getSlot'));
    await market.node.call('ctl_setTime', market.lines[0].clock.unix_timestamp);
    const wallet = makeKeyPair(market.node.web3);
    market.wallet = wallet.address;
    await market.node.setLamports(wallet.address, LAMPORTS);
    market.tokens = new Map();
    for (const mint of new Set(market.lines.map((line) => line.token_in))) await market.add(mint);
    const files = place.folder(`${family}-${name}`);
    const write = (file, text) => { fs.writeFileSync(path.join(files, file), text, { mode: 0o600 }); return path.join(files, file); };
    const own = [...market.tokens].filter(([mint]) => !KNOWN[mint]).map(([mint, token]) => `${token.symbol} ${mint} ${token.decimals}\n`);
    market.daemon = place.daemon({
      CHAIN: 'solana', RPC_URLS: market.node.urls, KEYPAIR_FILE: write('wallet.json', JSON.stringify(wallet.numbers)),
      POOLS_FILE: write('pools', `${market.pool}\n`), TOKENS_FILE: write('tokens', own.join('')), COMMITMENT: 'confirmed',
      ORDER_DEADLINE_MS: '30000', RETRY_BASE_MS: '100', LOG_LEVEL: 'info', ...settings,
    });
    await market.daemon.start();
    return market;
  }

  async add(mint) {
    const { account } = this.accounts.find(({ pubkey }) => pubkey === mint);
    const symbol = KNOWN[mint] || `T${this.tokens.size}`;
    this.tokens.set(mint, { symbol, program: account.owner, decimals: Buffer.from(account.data[0], 'base64')[44] });
    if (mint !== SOL_MINT) await this.node.fund(this.wallet, mint, WALLET_HOLDS, account.owner);
  }

  // Every order meets the pool as it was captured.
  async restore() {
    for (const { pubkey, account } of this.accounts) {
      await this.node.call('ctl_setAccount', { pubkey, owner: account.owner, lamports: String(account.lamports), data: account.data[0] });
    }
  }

  // What the wallet has of a token; SOL wherever it is.
  async holds(mint) {
    return mint === SOL_MINT ? this.node.lamports(this.wallet) : this.node.tokens(this.wallet, mint, this.tokens.get(mint).program);
  }

  async order(line, fields) {
    await this.restore();
    const body = { type: 'market', tokenIn: this.tokens.get(line.token_in).symbol, tokenOut: this.tokens.get(line.token_out).symbol, ...fields };
    return waitForEnd(this.daemon.url, await submitOk(this.daemon.url, body), { everyMs: 20 });
  }

  // Sells what the line sells, or buys what it paid: what the balances say has to be what execd says and books.
  async trade(line, exact) {
    const before = [await this.holds(line.token_in), await this.holds(line.token_out)];
    const end = await this.order(line, exact === 'in'
      ? { amountIn: inTokens(line.amount_in, this.tokens.get(line.token_in).decimals) }
      : { amountOut: inTokens(line.amount_out, this.tokens.get(line.token_out).decimals) });
    const what = `${line.name} ${exact} ${line.amount_in}: ${JSON.stringify(end)}`;
    assert.strictEqual(end.status, 'confirmed', what);
    checkEvents(end.id, await readEvents(this.daemon.url, end.id));
    const [attempt] = end.attempts;
    const cost = await this.cost(end.txHash);
    const gone = before[0] - await this.holds(line.token_in) - (line.token_in === SOL_MINT ? cost : 0n);
    const come = await this.holds(line.token_out) - before[1] + (line.token_out === SOL_MINT ? cost : 0n);
    assert.strictEqual(inUnits(attempt.amountIn, this.tokens.get(line.token_in).decimals), gone, what);
    assert.strictEqual(inUnits(attempt.amountOut, this.tokens.get(line.token_out).decimals), come, what);
    if (exact === 'in') assert.strictEqual(gone, BigInt(line.amount_in), what);
    else assert.ok(come >= BigInt(line.amount_out), what);
    return { gone, come, signature: end.txHash };
  }

  // What the transaction cost beside what it moved: its signature and its place.
  async cost(signature) {
    const { transaction: [text] } = await this.node.call('getTransaction', signature, { commitment: 'confirmed' });
    const { message } = this.node.web3.VersionedTransaction.deserialize(Buffer.from(text, 'base64'));
    let units = 0n;
    let price = 0n;
    for (const one of message.compiledInstructions) {
      if (message.staticAccountKeys[one.programIdIndex].toBase58() !== 'ComputeBudget111111111111111111111111111111') continue;
      const data = Buffer.from(one.data);
      if (data[0] === 2) units = BigInt(data.readUInt32LE(1));
      if (data[0] === 3) price = data.readBigUInt64LE(1);
    }
    return FEE_OF_SIGNATURE + (units * price + 999999n) / 1000000n;
  }

  // The clock that the program saw.
  async clockOf(signature) {
    const { slot, blockTime } = await this.node.call('getTransaction', signature, { commitment: 'confirmed' });
    return { slot, unix_timestamp: blockTime, epoch: (await this.node.call('getEpochInfo')).epoch };
  }
}

// Of a direction's lines that the program paid for, some small, some large; the dust that nobody trades left out.
function chosen(lines) {
  const priced = lines.filter((line) => line.amount_out !== null && !line.amount_out_current_source && BigInt(line.amount_out) > 1000n && BigInt(line.amount_in) < LAMPORTS / 10n);
  if (ALL || priced.length <= 3) return priced;
  return [priced[0], priced[Math.floor(priced.length / 2)], priced[priced.length - 1]];
}

const tally = { sales: 0, purchases: 0, refusals: 0 };

async function run(place, family, name) {
  const market = await Market.open(place, family, name);
  const record = async (line, paid, exact) => {
    tally[exact === 'in' ? 'sales' : 'purchases'] += 1;
    if (!RECORD) return;
    fs.appendFileSync(RECORD, `${JSON.stringify({
      venue: family, name, pool: market.pool, exact, token_in: line.token_in, token_out: line.token_out,
      amount_in: String(paid.gone), amount_out: String(paid.come), clock: await market.clockOf(paid.signature),
    })}\n`);
  };
  for (const mint of market.tokens.keys()) {
    const lines = chosen(market.lines.filter((line) => line.token_in === mint));
    for (const line of lines) await record(line, await market.trade(line, 'in'), 'in');
    const some = lines[Math.floor((lines.length - 1) / 2)];
    await record(some, await market.trade(some, 'out'), 'out');
    const refused = market.lines.find((line) => line.token_in === mint && line.amount_out === null && BigInt(line.amount_in) > 1000000n && BigInt(line.amount_in) < WALLET_HOLDS / 10n);
    if (refused) {
      const end = await market.order(refused, { amountIn: inTokens(refused.amount_in, market.tokens.get(mint).decimals) });
      assert.strictEqual(end.status, 'failed', JSON.stringify(end));
      // A pool that contradicts itself is none at all.
      const code = /LiquidityUnderflow/.test(refused.error) ? 'no_route' : 'insufficient_liquidity';
      assert.strictEqual(end.failure.code, code, JSON.stringify(end.failure));
      assert.strictEqual(end.txHash || null, null, 'nothing was signed');
      tally.refusals += 1;
    }
  }
  assert.doesNotMatch(market.daemon.log(), /venue\.mispriced/);
  assert.strictEqual((await market.daemon.terminate()).code, 0);
}

for (const [family, names] of Object.entries(TRIED)) {
  test(`${family}: the program pays what execd said, to the base unit, both ways`, async (place) => {
    for (const name of names) await run(place, family, name);
  });
}

test('pools that nobody listed are found by their pair, of every family, and traded in', async (place) => {
  for (const [family, [name]] of Object.entries(TRIED)) {
    const lines = golden(fixtures(), family).filter((line) => line.name === name);
    const mints = [...new Set(lines.map((line) => line.token_in))];
    assert.strictEqual(mints.length, 2, `${family} ${name} is traded both ways`);
    const market = await Market.open(place, family, name, { POOLS_FILE: '', DISCOVER_PAIRS: mints.join('/') });
    // It comes before the first search is answered.
    await market.trade(chosen(market.lines)[0], 'in');
    assert.match(market.daemon.log(), /pools\.found/);
    assert.doesNotMatch(market.daemon.log(), /pools\.search_failed|venue\.mispriced/);
    assert.strictEqual((await market.daemon.terminate()).code, 0);
    market.node.stop();
  }
});

test('a build that pays otherwise than its source stops its venue before anything is signed', async (place) => {
  const market = await Market.open(place, 'raydium_amm_v4', 'sol_usdc_58oQChx4', { ORDER_DEADLINE_MS: '3000' });
  const line = market.lines.find((one) => one.amount_out_current_source && one.amount_in === '100');
  assert.ok(line, 'the golden file has a line where they differ');
  const end = await market.order(line, { amountIn: inTokens(line.amount_in, market.tokens.get(line.token_in).decimals), slippageBps: 5000 });
  assert.notStrictEqual(end.status, 'confirmed', JSON.stringify(end));
  assert.match(market.daemon.log(), /venue\.mispriced/);
  assert.strictEqual((await market.node.landings(market.wallet)).size, 0);
});

main().then(() => console.log(`         ${tally.sales} sales, ${tally.purchases} purchases, ${tally.refusals} refusals`));
