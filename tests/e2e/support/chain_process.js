'use strict';
// One execsim under test: the simulated chain as a process of its own, on a free loopback port, stopped by its process id.

const { spawn, execFile } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { freePort } = require('./ports');
const { sleep, within } = require('./http');

const READY_WITHIN_MS = 30000;

function answers(port) {
  return new Promise((resolve) => {
    const probe = net.connect(port, '127.0.0.1');
    probe.once('connect', () => { probe.destroy(); resolve(true); });
    probe.once('error', () => resolve(false));
  });
}

class ChainProcess {
  // `directory` holds the journal and the log; `flags` are added to each start.
  constructor(directory, flags = []) {
    this.directory = directory;
    this.flags = flags;
    this.port = 0;
    this.process = null;
    this.logPath = path.join(directory, 'execsim.log');
  }

  get url() { return `sim://127.0.0.1:${this.port}`; }
  get journalPath() { return path.join(this.directory, 'chain.journal'); }

  // Starts and waits until it listens. The port stays the same over restarts.
  async start() {
    if (this.port === 0) this.port = await freePort();
    const log = fs.openSync(this.logPath, 'a');
    const child = spawn(process.env.EXECSIM, ['--port', String(this.port), '--journal', this.journalPath, ...this.flags],
      { cwd: this.directory, stdio: ['ignore', log, log] });
    fs.closeSync(log);
    this.process = child;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => { this.process = null; resolve({ code, signal }); });
    });
    const giveUpAt = Date.now() + READY_WITHIN_MS;
    while (!(await answers(this.port))) {
      if (this.process === null || Date.now() > giveUpAt) throw new Error(`execsim did not start:\n${this.log()}`);
      await sleep(10);
    }
    return this;
  }

  async kill9() {
    if (this.process === null) return;
    process.kill(this.process.pid, 'SIGKILL');
    await this.ended;
  }

  // Asks it to stop: {code, signal}.
  async terminate() {
    if (this.process === null) return { code: null, signal: null };
    process.kill(this.process.pid, 'SIGTERM');
    const ended = await within(20000, this.ended);
    if (ended === null) {
      await this.kill9();
      throw new Error('execsim had not stopped 20 s after SIGTERM');
    }
    return ended;
  }

  // Runs `execsim ARG...` beside it: {code, out, err}.
  static ask(...words) {
    return new Promise((resolve) => {
      execFile(process.env.EXECSIM, words, { timeout: 20000 }, (error, out, err) => {
        resolve({ code: error ? error.code : 0, out, err });
      });
    });
  }

  async fault(name, value) {
    const answer = await ChainProcess.ask('fault', name, value, '--at', this.url);
    if (answer.code !== 0) throw new Error(`execsim fault ${name} ${value} ended with ${answer.code}: ${answer.err}`);
    return answer.out.trim();
  }

  log() { return fs.existsSync(this.logPath) ? fs.readFileSync(this.logPath, 'utf8') : ''; }

  // A sanitizer's report in the log fails the test.
  assertHealthyLog() {
    const bad = this.log().split('\n').find((line) => /AddressSanitizer|LeakSanitizer|runtime error:|terminate called|chain\.fault/.test(line));
    if (bad) throw new Error(`execsim's log reports: ${bad}\n${this.log().split('\n').slice(-40).join('\n')}`);
  }
}

module.exports = { ChainProcess };
