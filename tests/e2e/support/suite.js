'use strict';
// A test script is a list of sentences with code; each gets a folder of its own and its daemons are stopped for it.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Daemon } = require('./daemon');

const SKIPPED = 77;
const FAST_WORLD = { MOCK_TIME_SCALE: '0.1', MOCK_FAILURE_RATE: '0', MOCK_SEED: '7' };

class Skip extends Error {}

class Place {
  constructor() {
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'libexec-e2e-'));
    this.daemons = [];
    this.cleaners = [];
  }
  folder(name) {
    const folder = path.join(this.directory, name);
    fs.mkdirSync(folder, { recursive: true });
    return folder;
  }
  // A daemon in a folder of its own unless one is given; not started.
  daemon(settings = FAST_WORLD, { directory = this.folder(`execd-${this.daemons.length + 1}`), flags = [], wrapper = [] } = {}) {
    const daemon = new Daemon(directory, settings, flags, wrapper);
    this.daemons.push(daemon);
    return daemon;
  }
  // Called at the end, the last one first.
  atEnd(cleaner) { this.cleaners.push(cleaner); }
  async tidy() {
    for (const daemon of this.daemons) await daemon.kill9();
    for (const cleaner of this.cleaners.reverse()) await cleaner();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

const tests = [];
const test = (sentence, body) => { tests.push({ sentence, body }); };

async function runOne({ sentence, body }) {
  const place = new Place();
  const began = Date.now();
  try {
    await body(place);
    for (const daemon of place.daemons) daemon.assertHealthyLog();
    console.log(`ok       ${sentence} (${Date.now() - began} ms)`);
    return 'ok';
  } catch (error) {
    if (error instanceof Skip) {
      console.log(`skipped: ${sentence}: ${error.message}`);
      return 'skipped';
    }
    console.log(`FAILED   ${sentence}\n${error.stack}`);
    for (const daemon of place.daemons) console.log(`--- ${daemon.logPath}\n${daemon.logTail()}`);
    return 'failed';
  } finally {
    await place.tidy();
  }
}

// Runs what `test` collected. A script of which every test was skipped counts as skipped.
async function main() {
  if (!process.env.EXECD || !process.env.EXECCTL) throw new Error('EXECD and EXECCTL must name the programs');
  const results = [];
  for (const one of tests) results.push(await runOne(one));
  const count = (word) => results.filter((result) => result === word).length;
  console.log(`${count('ok')} ok, ${count('failed')} failed, ${count('skipped')} skipped`);
  if (count('failed') > 0) process.exitCode = 1;
  else if (count('skipped') === results.length) process.exitCode = SKIPPED;
}

module.exports = { test, main, Place, Skip, FAST_WORLD };
