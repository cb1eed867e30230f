'use strict';
// Several execd on one PostgreSQL and one simulated chain: orders executed a second and processor time an order, for each
// number of nodes; and how late a follower at one node hears of what another node committed.
//
//   EXECD=... EXECSIM=... node bench/nodes.js [--nodes 1,2,4] [--time-scale 1] [--concurrency 100] [--seconds 20] [--rounds 3]
//   EXECD=... EXECSIM=... node bench/nodes.js --follow 400 [--rate 40]
//
// Rounds of different numbers of nodes alternate. The database is durable: fsync and synchronous_commit are on.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const support = path.join(__dirname, '..', 'tests', 'e2e', 'support');
const { Place } = require(path.join(support, 'suite'));
const { ChainProcess } = require(path.join(support, 'chain_process'));
const { Postgres } = require(path.join(support, 'postgres'));
const { request, sleep } = require(path.join(support, 'http'));
const { swap, submit, submitOk, followSocket } = require(path.join(support, 'orders'));

const LANES = 64;            // connections that submit
const TICKS_A_SECOND = 100;  // of /proc/PID/stat

function options() {
  const chosen = { nodes: '1,2,4', 'time-scale': '1', concurrency: '100', seconds: '20', rounds: '3', follow: '0', rate: '40' };
  for (let i = 2; i < process.argv.length; i += 2) {
    const name = process.argv[i].replace(/^--/, '');
    if (!(name in chosen) || process.argv[i + 1] === undefined) throw new Error(`unknown or bad option ${process.argv[i]}`);
    chosen[name] = process.argv[i + 1];
  }
  if (!process.env.EXECD || !process.env.EXECSIM) throw new Error('EXECD and EXECSIM name the programs to measure');
  return chosen;
}

const percentile = (numbers, part) => [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];
const median = (numbers) => percentile(numbers, 0.5);

// Processor seconds a process and its children have had so far.
function processorSeconds(pid) {
  const family = [pid];
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Number(statOf(name)[1]) === pid) family.push(Number(name));
    } catch (error) { /* gone meanwhile */ }
  }
  const ticks = family.map((member) => {
    const stat = statOf(member);
    return Number(stat[11]) + Number(stat[12]);
  });
  return ticks.reduce((sum, count) => sum + count, 0) / TICKS_A_SECOND;
}
// The fields of /proc/PID/stat after the program's name.
function statOf(pid) {
  const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

async function cluster(place, count, chosen) {
  const database = await Postgres.start(place);
  const script = path.join(__dirname, '..', 'tests', 'support', 'postgres.sh');
  for (const statement of ['alter system set fsync = on', 'select pg_reload_conf()', 'checkpoint']) {
    execFileSync(script, ['sql', database.folder, statement]);
  }
  const chain = new ChainProcess(place.folder('chain'), ['--time-scale', chosen['time-scale'], '--failure-rate', '0', '--seed', '5', '--log-level', 'warn']);
  place.atEnd(() => chain.kill9());
  await chain.start();
  const nodes = [];
  for (let i = 0; i < count; i++) {
    nodes.push(place.daemon({
      DATABASE_URL: database.url, CHAIN: chain.url, NODE_NAME: `node${i + 1}`, MOCK_TIME_SCALE: chosen['time-scale'], MOCK_FAILURE_RATE: '0', MOCK_SEED: '5',
      QUEUE_CONCURRENCY: chosen.concurrency, QUEUE_LIMIT: '100000', ORDER_DEADLINE_MS: '600000', LOG_LEVEL: 'warn', WS_PER_ORDER: '0',
    }));
  }
  for (const node of nodes) await node.start();
  const postmaster = Number(fs.readFileSync(path.join(database.folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  return { database, chain, nodes, postmaster };
}

// Keeps the queue well filled for so long, and counts what ends within the middle of it.
async function throughput(count, chosen) {
  const place = new Place();
  try {
    const { chain, nodes, postmaster } = await cluster(place, count, chosen);
    const wanted = Number(chosen.concurrency) * count * 3;  // alive: all workers busy, and twice as many waiting
    const agent = new http.Agent({ keepAlive: true, maxSockets: LANES });
    let live = true;
    let completed = 0;
    let alive = 0;
    const look = async () => {
      const { metrics } = (await request(`${nodes[0].url}/api/queue/metrics`, { agent })).json;
      completed = metrics.completed;
      alive = metrics.waiting + metrics.active + metrics.delayed;
      return { at: process.hrtime.bigint(), ended: metrics.completed + metrics.failed };
    };
    let entering = 0;
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      for (let turn = lane; live; turn++) {
        if (alive + entering >= wanted) { await sleep(5); continue; }
        entering++;
        const answer = await submit(nodes[turn % count].url, swap(), {}, agent);
        if (answer.status !== 202) throw new Error(`submit was answered ${answer.status}: ${answer.text}`);
      }
    });
    const watcher = (async () => { while (live) { await look(); entering = 0; await sleep(20); } })();
    const spent = () => ({
      execd: nodes.reduce((sum, node) => sum + processorSeconds(node.process.pid), 0), postgres: processorSeconds(postmaster), chain: processorSeconds(chain.process.pid),
    });
    await sleep(Math.max(3000 * Number(chosen['time-scale']), 2000) + 2000);
    const before = { ...await look(), spent: spent() };
    await sleep(Number(chosen.seconds) * 1000);
    const after = { ...await look(), spent: spent() };
    live = false;
    await Promise.all([...lanes, watcher]);
    agent.destroy();
    const ended = after.ended - before.ended;
    const share = (who) => Math.round((after.spent[who] - before.spent[who]) * 1e6 / ended);
    return { rate: ended / (Number(after.at - before.at) / 1e9), execd: share('execd'), postgres: share('postgres'), chain: share('chain'), completed };
  } finally {
    await place.tidy();
  }
}

// Every order is followed at both nodes: the later of the two frames of an event comes from the node that did not work on it.
async function following(chosen) {
  const place = new Place();
  try {
    const { nodes } = await cluster(place, 2, { ...chosen, 'time-scale': '0.1' });
    const late = [];
    const orders = Number(chosen.follow);
    const follows = [];
    for (let i = 0; i < orders; i++) {
      const id = await submitOk(nodes[i % 2].url, swap());
      const arrivals = new Map();
      const heard = (message) => {
        if (message.logs) return;
        const times = arrivals.get(message.seq) || [];
        times.push(Date.now() - Date.parse(message.timestamp));
        arrivals.set(message.seq, times);
      };
      follows.push(Promise.all(nodes.map((node) => followSocket(`${node.ws}/api/orders/${id}/stream`, { onMessage: heard }))).then(() => {
        for (const times of arrivals.values()) if (times.length === 2) late.push(Math.max(...times));
      }));
      await sleep(1000 / Number(chosen.rate));
    }
    await Promise.all(follows);
    console.log(`${orders} orders at ${chosen.rate}/s, ${late.length} events that both nodes streamed live; from an event's timestamp, which is before its commit, to the frame at the other node:`);
    console.log(`p50 ${percentile(late, 0.5)} ms, p90 ${percentile(late, 0.9)} ms, p99 ${percentile(late, 0.99)} ms, most ${Math.max(...late)} ms`);
  } finally {
    await place.tidy();
  }
}

async function main() {
  const chosen = options();
  if (Number(chosen.follow) > 0) return following(chosen);
  const counts = chosen.nodes.split(',').map(Number);
  const rounds = new Map(counts.map((count) => [count, []]));
  for (let round = 0; round < Number(chosen.rounds); round++) {
    for (const count of counts) {
      const figures = await throughput(count, chosen);
      rounds.get(count).push(figures);
      console.error(`round ${round + 1}, ${count} node(s): ${figures.rate.toFixed(0)}/s`);
    }
  }
  console.log(`time scale ${chosen['time-scale']}, ${chosen.concurrency} orders at once a node, ${chosen.seconds} s a round, medians of ${chosen.rounds}; microseconds of processor an order`);
  console.log('| nodes | orders/s | least-most | execd us | postgres us | execsim us |\n|---|---|---|---|---|---|');
  for (const [count, figures] of rounds) {
    const rates = figures.map((one) => one.rate);
    const of = (who) => median(figures.map((one) => one[who]));
    console.log(`| ${count} | ${median(rates).toFixed(0)} | ${Math.min(...rates).toFixed(0)}-${Math.max(...rates).toFixed(0)} | ${of('execd')} | ${of('postgres')} | ${of('chain')} |`);
  }
  return undefined;
}

main().catch((error) => { console.error(error); process.exit(1); });
