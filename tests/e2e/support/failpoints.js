'use strict';
// The marks at which an execd of a test build can be made to die (docs/crash-tests.md).

const fs = require('node:fs');
const { execFile } = require('node:child_process');
const { sleep } = require('./http');
const { Skip } = require('./suite');

// What one store or one node alone cannot reach.
const POSTGRES_ONLY = new Set(['lease-half-renewed', 'lease-renewed', 'hint-told', 'foreign-event-read', 'jobs-half-given-back']);
const AT_START = new Set(['migration-written', 'migration-committed']);
const WHEN_STOPPING = new Set(['drain-begun', 'drained', 'store-finishing', 'jobs-half-given-back']);
const ONCE = new Set(['store-connected', ...WHEN_STOPPING]);
// How many times in a life they are reached at least, and soon: an order passes some once, a connection many times.
const OFTEN = new Set(['transaction-begun', 'before-commit', 'after-commit', 'answers-delivered', 'answer-written', 'step-half-written',
  'events-published', 'send-written', 'frame-before-write', 'frame-written', 'event-delivered', 'before-last-step', 'after-last-step']);

// Asks execd itself, so that a mark which is renamed is renamed here. Skips where there are none.
function listFailpoints() {
  return new Promise((resolve, reject) => {
    execFile(process.env.EXECD, ['--check-config'], { env: { PATH: process.env.PATH, LIBEXEC_FAILPOINT: 'list' } }, (error, out, err) => {
      const list = /NAME one of (.*)/.exec(err);
      if (list) resolve(list[1].trim().split(' '));
      else if (error) reject(error);
      else reject(new Skip('this execd has no failpoints: they are in Debug builds of the tests (LIBEXEC_FAILPOINTS)'));
    });
  });
}

function hitsOf(name, random) {
  if (ONCE.has(name)) return 1;
  return 1 + Math.floor(random() * (OFTEN.has(name) ? 12 : 3));
}

// T: it stands still, as after SIGSTOP.
const standsStill = (pid) => {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat[stat.lastIndexOf(')') + 2] === 'T';
};

async function waitUntil(what, patienceMs, everyMs = 5) {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    if (await what()) return true;
    if (Date.now() > giveUpAt) return false;
    await sleep(everyMs);
  }
}

module.exports = { listFailpoints, hitsOf, standsStill, waitUntil, POSTGRES_ONLY, AT_START, WHEN_STOPPING };
