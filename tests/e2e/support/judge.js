'use strict';
// Judges what execd says against what the chain's own journal says.

const assert = require('node:assert');
const fs = require('node:fs');
const { isTerminal } = require('./orders');

const SLOT_MS = 400;

// Every whole line of the journal. A kill may leave a torn last line.
function readJournal(path) {
  const text = fs.readFileSync(path, 'utf8');
  return text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter((line) => line).map((line) => JSON.parse(line));
}

// orderId -> number of transactions of that order which landed well. What a fork took back has not landed.
function landings(journal) {
  const landed = new Map();
  for (const line of journal) {
    if (line.outcome === 'landed_ok') landed.set(line.signature, line.orderId);
    if (line.outcome === 'forked') landed.delete(line.signature);
  }
  const counts = new Map();
  for (const id of landed.values()) counts.set(id, (counts.get(id) || 0) + 1);
  return counts;
}

// Events are numbered from 1 without gaps; exactly one ends the order, and it is the last.
function checkEvents(id, events) {
  assert.ok(events.length > 0, `${id} has no events`);
  events.forEach((event, index) => {
    assert.strictEqual(event.seq, index + 1, `${id}: event ${index + 1} is numbered ${event.seq}`);
    assert.strictEqual(event.orderId, id);
    assert.strictEqual(isTerminal(event), index === events.length - 1, `${id}: event ${event.seq} is ${event.status}`);
  });
  assert.strictEqual(events[0].status, 'pending');
}

// An order is confirmed if and only if exactly one of its transactions landed well.
function checkAgainstChain(id, status, landedOk) {
  assert.ok(landedOk <= 1, `${id}: ${landedOk} transactions landed`);
  assert.strictEqual(status === 'confirmed', landedOk === 1, `${id} is ${status}, ${landedOk} transactions landed`);
}

// How many transactions landed in slots between the moment of a kill and the next opening of the chain.
function landedWhileDown(journal, killedAtMs, timeScale) {
  const starts = journal.filter((line) => line.outcome === 'start');
  const [first] = starts;
  const reopened = starts.find((line) => line.atMicros / 1000 > killedAtMs);
  if (!first || !reopened || timeScale === 0) return 0;
  const killedInSlot = first.slot + Math.floor((killedAtMs - first.atMicros / 1000) / (SLOT_MS * timeScale));
  return journal.filter((line) => line.outcome === 'landed_ok' && line.slot > killedInSlot && line.slot < reopened.slot).length;
}

module.exports = { readJournal, landings, checkEvents, checkAgainstChain, landedWhileDown };
