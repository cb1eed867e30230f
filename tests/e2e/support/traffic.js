'use strict';
// Clients that never give up: they submit under a key until an answer comes, repeat themselves, cancel, and follow
// their orders from connection to connection, going on after the last event seen. What they were promised is checked
// at the end by `judge`, with the chain's journal as the witness.

const assert = require('node:assert');
const { readEventStream, request, sleep, within } = require('./http');
const { TERMINAL, isTerminal, swap, submit, readEvents, readOrder, followSocket, eventsIn, inParallel } = require('./orders');
const { readJournal, landings, checkEvents, checkAgainstChain } = require('./judge');

const PASSING = [409, 429, 503];  // an earlier one is still on its way; too many; not now
const PAUSE_MS = 30;
const LANE_PATIENCE_MS = 3000;  // an order that takes longer, as one that is parked does, is waited for beside the next
const UNDER_WAY_MOST = 24;
const STREAM_PATIENCE_MS = 3000;  // a connection to a process that stands still is given up

class Traffic {
  // `nodes`: running or not, the first one is asked most. `width`: orders under way at once.
  constructor(nodes, random, width) {
    this.nodes = nodes;
    this.random = random;
    this.orders = [];  // {id, key, followed}
    this.tally = { lostAnswers: 0, replayed: 0, cancelAnswers: 0, resumed: 0 };
    this.stopping = false;
    this.accepted = 0;
    this.failure = null;
    this.abandoned = false;
    this.ends = [];
    this.lanes = Array.from({ length: width }, (_, lane) => this.run(lane).catch((error) => { this.failure = this.failure || error; }));
  }

  // One that runs, though it may not listen yet.
  async node() {
    for (;;) {
      if (this.abandoned) assert.fail('the test is over');
      const alive = this.nodes.filter((node) => node.alive);
      if (alive.length > 0) return this.random() < 0.7 ? alive[0] : alive[Math.floor(this.random() * alive.length)];
      await sleep(PAUSE_MS);
    }
  }

  async run(lane) {
    for (let turn = 0; !this.stopping && this.failure === null; turn++) await this.one(`lane-${lane}-order-${turn}`, turn + lane);
  }

  async one(key, turn) {
    const body = swap({ amountIn: String(1 + (turn % 9)), clientOrderId: key });
    const id = await this.submitSurely(key, body);
    const order = { id, key, followed: null, at: 'cancelling' };
    this.orders.push(order);
    this.accepted += 1;
    const following = turn % 2 === 0 ? this.follow(order, turn % 4 === 0) : this.ended(order);
    if (turn % 3 === 0) await this.cancelSurely(id);
    order.at = 'repeating';
    if (turn % 5 === 0) {
      this.tally.replayed += 1;
      assert.strictEqual(await this.submitSurely(key, body), id, `${key} was accepted twice`);
    }
    order.at = 'following';
    const over = following.then(() => { order.at = 'done'; }, (error) => { this.failure = this.failure || error; });
    this.ends.push(over);
    await within(LANE_PATIENCE_MS, over);
    while (!this.stopping && !this.abandoned && this.orders.filter((each) => each.at !== 'done').length > UNDER_WAY_MOST) await sleep(PAUSE_MS);
  }

  async submitSurely(key, body) {
    for (;;) {
      try {
        const answer = await submit((await this.node()).url, body, { 'Idempotency-Key': key });
        if (answer.status === 202) return answer.json.orderId;
        assert.ok(PASSING.includes(answer.status), `${key} was answered ${answer.status}: ${answer.text}`);
      } catch (error) {
        if (error.code === 'ERR_ASSERTION') throw error;
        this.tally.lostAnswers += 1;
      }
      await sleep(PAUSE_MS);
    }
  }

  // Until somebody answers, whatever the answer: it may well be too late.
  async cancelSurely(id) {
    for (;;) {
      try {
        const answer = await request(`${(await this.node()).url}/api/orders/${id}/cancel`, { method: 'POST', timeout: STREAM_PATIENCE_MS });
        if (answer.status === 200 || answer.status === 202) { this.tally.cancelAnswers += 1; return; }
        if (answer.status === 409 && answer.json.code === 'too_late_to_cancel') return;
        assert.ok(PASSING.includes(answer.status), `the cancellation of ${id} was answered ${answer.status}: ${answer.text}`);
      } catch (error) {
        if (error.code === 'ERR_ASSERTION') throw error;
      }
      await sleep(PAUSE_MS);
    }
  }

  async ended(order) {
    for (;;) {
      try {
        if (TERMINAL.has((await readOrder((await this.node()).url, order.id)).status)) return;
      } catch (error) {
        if (error.code === 'ERR_ASSERTION') throw error;
      }
      await sleep(PAUSE_MS * 4);
    }
  }

  async follow(order, socket) {
    const seen = [];
    order.followed = seen;
    for (let connection = 0; ; connection++) {
      const after = seen.length > 0 ? seen[seen.length - 1].seq : 0;
      if (connection > 0 && after > 0) this.tally.resumed += 1;
      try {
        const part = socket ? await this.bySocket(order.id, after) : await this.byEvents(order.id, after);
        seen.push(...part.events);
        if (part.over) return;
      } catch (error) {
        if (error.code === 'ERR_ASSERTION') throw error;
      }
      await sleep(PAUSE_MS);
    }
  }

  async bySocket(id, after) {
    let open = null;
    const come = [];
    const whole = followSocket(`${(await this.node()).ws}/api/orders/${id}/stream?after=${after}`, {
      onMessage: (message, socket) => { open = socket; come.push(message); },
    });
    const part = await within(STREAM_PATIENCE_MS, whole);
    if (part === null && open !== null) open.terminate();
    return { events: eventsIn(part === null ? [...come] : part.messages), over: part !== null && part.code === 1000 };
  }

  async byEvents(id, after) {
    const part = await readEventStream(`${(await this.node()).url}/api/orders/${id}/events?after=${after}`, { patience: STREAM_PATIENCE_MS });
    assert.notStrictEqual(part.status, 404, `${id} was acknowledged and is not there`);
    const events = part.messages.map((message) => message.data);
    return { events, over: part.status === 204 || (events.length > 0 && isTerminal(events.at(-1))) };
  }

  // Whatever has become of the test: nobody goes on.
  abandon() { this.abandoned = true; }

  // Nothing new any more: what is under way goes on to its end.
  async finish(patienceMs) {
    this.stopping = true;
    const all = await within(patienceMs, Promise.all(this.lanes).then(() => Promise.all(this.ends)));
    if (this.failure !== null) throw this.failure;
    assert.ok(all !== null, `after ${patienceMs} ms some orders have not ended, or their streams:\n${await this.underWay()}`);
  }

  // What the clients wait for, for a failing test.
  async underWay() {
    const lines = [];
    for (const { id, at, followed } of this.orders.filter((order) => order.at !== 'done')) {
      const order = await readOrder((await this.node()).url, id).catch((error) => ({ status: String(error) }));
      if (process.env.CRASH_EVENTS) lines.push((await readEvents((await this.node()).url, id)).map((event) => JSON.stringify(event)).join('\n'));
      lines.push(`${id} ${order.status}, its client is ${at}, told of ${followed === null ? '-' : followed.length} events`);
    }
    if (this.database) {
      lines.push(...await this.database.sql("select j.*, o.status, o.cancel_requested, o.last_seq, (extract(epoch from clock_timestamp()) * 1000000)::bigint - j.visible_at from libexec.jobs j join libexec.orders o on o.id = j.order_id").catch(String));
      lines.push(...await this.database.sql("select pid, application_name, state, wait_event_type, wait_event, now() - state_change, left(query, 90) from pg_stat_activity where application_name like 'libexec%'"));
      lines.push(...await this.database.sql('select * from libexec.nodes'));
    }
    return lines.join('\n');
  }

  // Every order that was acknowledged is there and ended, with one end and no gap, as was told to those who followed;
  // it is confirmed if and only if the chain has it landed once.
  async judge(node, journalPath) {
    const { orders } = this;
    assert.strictEqual(new Set(orders.map((order) => order.id)).size, orders.length, 'every key has an order of its own');
    const statuses = new Array(orders.length);
    await inParallel(orders, 10, async (order, index) => {
      statuses[index] = (await readOrder(node.url, order.id)).status;
      const events = await readEvents(node.url, order.id);
      checkEvents(order.id, events);
      assert.strictEqual(events.at(-1).status, statuses[index]);
      if (order.followed === null) return;
      checkEvents(order.id, order.followed);
      assert.deepStrictEqual(order.followed.map((event) => event.status), events.map((event) => event.status), `${order.id} was told otherwise`);
    });
    const landed = landings(readJournal(journalPath));
    orders.forEach((order, index) => checkAgainstChain(order.id, statuses[index], landed.get(order.id) || 0));
    const known = new Set(orders.map((order) => order.id));
    for (const id of landed.keys()) assert.ok(known.has(id), `the chain knows ${id}, which nobody was told of`);
    const count = (status) => statuses.filter((each) => each === status).length;
    return { orders: orders.length, confirmed: count('confirmed'), cancelled: count('cancelled'), ...this.tally };
  }
}

module.exports = { Traffic };
