'use strict';
// Kills execd at every named failpoint, on both databases, among clients that never give up, and judges by the journal
// of a chain that outlives it. On PostgreSQL it also stands still there, longer than its lease, and comes back.
//
//   crash_points_test.js [--store sqlite|postgres] [--rounds N] [--seed N] [--only NAME,...] [--all]
//
// A round is a fresh database and one death or more at each name. --all: as many rounds as make 2 000 deaths.

const assert = require('node:assert');
const { parseArgs } = require('node:util');
const { test, main } = require('./support/suite');
const { ChainProcess } = require('./support/chain_process');
const { chance } = require('./support/chance');
const { freePort } = require('./support/ports');
const { sleep, within } = require('./support/http');
const { Postgres } = require('./support/postgres');
const { readEvents, waitForEnd } = require('./support/orders');
const { Traffic } = require('./support/traffic');
const { listFailpoints, hitsOf, standsStill, waitUntil, POSTGRES_ONLY, AT_START, WHEN_STOPPING } = require('./support/failpoints');

const { values: given } = parseArgs({
  options: {
    all: { type: 'boolean', default: false }, store: { type: 'string', default: 'sqlite,postgres' },
    rounds: { type: 'string' }, seed: { type: 'string', default: '1' }, only: { type: 'string' },
  },
});
const STORES = given.store.split(',');
const ROUNDS = Number(given.rounds || (given.all ? 21 : 1));
const SEED = Number(given.seed);

const SCALE = '0.02';
const LEASE_MS = 1500;
const REACHED_WITHIN_MS = 60000;
const ENDS_WITHIN_MS = 240000;
const STILL_PATIENCE_MS = 60000;
// Where a process stands still in the default run; with --all at a quarter of the names, drawn anew each time.
const STILL = ['accept-half-written', 'step-half-written', 'before-send', 'before-last-step'];
const TROUBLES = ['drop=0.03', 'late=0.03', 'fork=0.05', 'lost_request=0.02', 'lost_reply=0.03', 'duplicate=0.1']
  .flatMap((fault) => ['--fault', fault]);

const total = { kills: 0, stops: 0, names: new Set(), orders: 0, stores: new Set() };

class Campaign {
  constructor(place, names, random) {
    this.place = place;
    this.names = names;
    this.random = random;
    this.kills = 0;
    this.stops = 0;
    this.died = new Set();
  }

  async open(store, paired) {
    this.store = store;
    this.chain = new ChainProcess(this.place.folder('chain'), ['--time-scale', SCALE, '--seed', String(SEED), '--log-level', 'warn', ...TROUBLES]);
    this.place.atEnd(() => this.chain.kill9());
    await this.chain.start();
    const settings = {
      CHAIN: this.chain.url, MOCK_TIME_SCALE: SCALE, MOCK_FAILURE_RATE: '0.03', MOCK_SEED: String(SEED), MAX_RETRIES: '12', RETRY_BASE_MS: '20',
      ORDER_DEADLINE_MS: '300000', QUEUE_CONCURRENCY: '10', LOG_LEVEL: 'error', WS_PER_ORDER: '0', LEASE_MS: String(LEASE_MS),
    };
    if (store === 'postgres') {
      this.database = await Postgres.start(this.place);
      settings.DATABASE_URL = this.database.url;
    }
    this.victim = this.place.daemon({ ...settings, NODE_NAME: 'victim' });
    this.partner = paired ? this.place.daemon({ ...settings, NODE_NAME: 'partner' }) : null;
  }

  async begin() {
    if (this.partner) await this.partner.start();
    this.traffic = new Traffic(this.partner ? [this.victim, this.partner] : [this.victim], this.random, 8);
    this.traffic.database = this.database;
    this.place.atEnd(() => this.traffic.abandon());
  }

  arm(name, hit, action) { this.victim.settings.LIBEXEC_FAILPOINT = `${name}:${hit}:${action}`; }

  async launch(name, hit, action) {
    this.arm(name, hit, action);
    if (this.victim.port === 0) this.victim.port = await freePort();
    this.victim.launch();
  }

  // A stop that takes too long on a busy machine ends before its later marks: then once more.
  async kill(name, hit) {
    for (let tries = 1; !(await this.live(name, hit)); tries++) assert.ok(tries < 4, `no stop reached ${name}`);
  }

  // One life of the victim, which ends at `name`.
  async live(name, hit) {
    const logged = this.victim.log().length;
    await this.launch(name, hit, 'kill');
    if (WHEN_STOPPING.has(name)) await this.askToStop();
    const ended = await within(REACHED_WITHIN_MS, this.victim.ended);
    this.check();
    if (ended === null) assert.fail(`${name} was not reached ${hit} times within ${REACHED_WITHIN_MS} ms\n${this.traffic ? await this.traffic.underWay() : ''}`);
    if (WHEN_STOPPING.has(name) && /"stop\.late"/.test(this.victim.log().slice(logged))) return false;
    assert.strictEqual(ended.signal, 'SIGKILL', `${name}:${hit}: ${JSON.stringify(ended)}\n${this.victim.logTail()}`);
    assert.ok(this.victim.log().slice(logged).includes(`failpoint ${name}\n`), `${name}:${hit} died elsewhere`);
    this.kills += 1;
    this.died.add(name);
    return true;
  }

  // In the middle of its work.
  async askToStop() {
    await waitUntil(() => this.victim.ready(), REACHED_WITHIN_MS);
    const before = this.traffic.accepted;
    await waitUntil(() => this.traffic.accepted >= before + 3, REACHED_WITHIN_MS);
    if (this.victim.alive) process.kill(this.victim.process.pid, 'SIGTERM');
  }

  // It stands still at `name` until others have ended what it held, and comes back: what is stored then stays.
  async standStill(name, hit) {
    await this.launch(name, hit, 'stop');
    const { pid } = this.victim.process;
    assert.ok(await waitUntil(() => this.victim.process !== null && standsStill(pid), REACHED_WITHIN_MS), `${name} was not reached ${hit} times`);
    this.check();
    // Whatever it holds, rows of a transaction half done among it, does not keep the others from anything for long.
    const ends = [];
    for (const { id } of this.traffic.orders.filter((order) => order.at !== 'done')) {
      await waitForEnd(this.partner.url, id, { withinMs: STILL_PATIENCE_MS }).catch(async (error) => {
        throw new Error(`${error.message} while the victim stands still at ${name}:\n${await this.traffic.underWay()}`);
      });
      ends.push([id, await readEvents(this.partner.url, id)]);
    }
    process.kill(pid, 'SIGCONT');
    await sleep(200 + this.random() * 200);
    for (const [id, events] of ends) assert.deepStrictEqual(await readEvents(this.partner.url, id), events, `${id} was changed after its end`);
    await this.victim.kill9();
    this.stops += 1;
    this.died.add(name);
  }

  check() { if (this.traffic && this.traffic.failure) throw this.traffic.failure; }

  async finish() {
    delete this.victim.settings.LIBEXEC_FAILPOINT;
    if (!this.victim.alive) await this.victim.start();
    await this.traffic.finish(ENDS_WITHIN_MS);
    const figures = await this.traffic.judge(this.victim, this.chain.journalPath);
    assert.ok(figures.confirmed > figures.orders / 3, JSON.stringify(figures));
    for (const node of [this.victim, this.partner]) if (node) assert.strictEqual((await node.terminate()).code, 0);
    await this.chain.terminate();
    this.chain.assertHealthyLog();
    console.log(`         ${this.kills} kills, ${this.stops} stops, ${JSON.stringify(figures)}`);
    total.kills += this.kills;
    total.stops += this.stops;
    total.orders += figures.orders;
    total.stores.add(this.store);
    for (const name of this.died) total.names.add(name);
  }
}

function shuffled(names, random) {
  const all = [...names];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}

async function round(place, store, number) {
  const all = await listFailpoints();
  const random = chance(SEED * 1000 + number * 2 + (store === 'sqlite' ? 0 : 1));
  const paired = store === 'postgres' && number % 2 === 1;
  const wanted = (name) => (!given.only || given.only.split(',').includes(name)) && (store === 'postgres' || !POSTGRES_ONLY.has(name)) &&
    (paired || name !== 'foreign-event-read');
  const names = all.filter(wanted);
  const campaign = new Campaign(place, names, random);
  await campaign.open(store, paired);
  // A schema is made once in the life of a database.
  for (const name of names.filter((each) => AT_START.has(each))) {
    await campaign.kill(name, 1);
    if (store === 'sqlite' && name === 'migration-written') await campaign.kill(name, 2);
  }
  await campaign.begin();
  const later = names.filter((name) => !AT_START.has(name));
  for (const name of shuffled(later, random)) await campaign.kill(name, hitsOf(name, random));
  for (const name of shuffled(later, random)) {
    if (random() < (given.all ? 0.4 : 0.35) && !WHEN_STOPPING.has(name)) await campaign.kill(name, hitsOf(name, random));
  }
  if (paired) {
    const still = given.all ? later.filter((name) => !WHEN_STOPPING.has(name) && random() < 0.25) : names.filter((name) => STILL.includes(name));
    for (const name of still) await campaign.standStill(name, hitsOf(name, random));
  }
  await campaign.finish();
  assert.deepStrictEqual(names.filter((name) => !campaign.died.has(name)), [], 'every failpoint is reached');
}

test('a failpoint that does not exist is refused with those that do', async (place) => {
  const names = await listFailpoints();
  assert.ok(names.length >= 20, names.join(' '));
  for (const wrong of ['no-such-place:1:kill', 'before-send', 'before-send:0:kill', 'before-send:1:jump', 'before-send:x:kill', '']) {
    const daemon = place.daemon({ LIBEXEC_FAILPOINT: wrong });
    const refused = await daemon.startToFail();
    assert.strictEqual(refused.code, 2, refused.said);
    for (const name of names) assert.ok(refused.said.includes(` ${name}`), refused.said);
  }
});

for (let number = 1; number <= ROUNDS; number++) {
  for (const store of STORES) {
    test(`${store}, round ${number}: dead at every failpoint, nothing is lost, doubled or left out (seed ${SEED})`, (place) => round(place, store, number));
  }
}

main().then(() => {
  if (total.kills === 0 || process.exitCode) return;
  console.log(`${total.kills} kills and ${total.stops} stops over ${total.names.size} failpoints x ${total.stores.size} stores, ` +
    `${total.orders} orders: 0 lost, 0 doubled, 0 gaps`);
});
