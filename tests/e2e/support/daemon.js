'use strict';
// One execd under test: started on a free loopback port, stopped by its process id and by nothing else.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { request, sleep, within } = require('./http');
const { freePort } = require('./ports');

const READY_WITHIN_MS = 30000;

class Daemon {
  // `directory` holds the database, the chain's journal and the log; `settings` are environment variables.
  // `wrapper`: a program and its arguments which runs execd in its own place.
  constructor(directory, settings = {}, flags = [], wrapper = []) {
    this.wrapper = wrapper;
    this.directory = directory;
    this.settings = settings;
    this.flags = flags;
    this.port = 0;
    this.process = null;
    this.logPath = path.join(directory, 'execd.log');
  }

  // With TLS_CERT among the settings it is reached by TLS; `ca` is then what to trust.
  get secure() { return Boolean(this.settings.TLS_CERT); }
  get ca() { return this.secure ? fs.readFileSync(this.settings.TLS_CERT, 'utf8') : undefined; }
  get url() { return `${this.secure ? 'https' : 'http'}://127.0.0.1:${this.port}`; }
  get ws() { return `${this.secure ? 'wss' : 'ws'}://127.0.0.1:${this.port}`; }
  get journalPath() { return path.join(this.directory, 'chain.journal'); }
  get databasePath() { return path.join(this.directory, 'exec.db'); }
  get alive() { return this.process !== null; }

  // Starts and waits until orders are accepted. The port stays the same over restarts.
  async start() {
    for (let attempt = 1; ; attempt++) {
      const fresh = this.port === 0;
      if (fresh) this.port = await freePort();
      this.launch();
      const ended = await this.readyOrEnded();
      if (ended === null) return this;
      // Somebody else than these scripts may have taken the port between the probe and the start.
      const taken = fresh && ended.code === 3 && attempt < 5 && /in use/i.test(this.log());
      if (!taken) throw new Error(`execd did not start (${JSON.stringify(ended)}):\n${this.logTail()}`);
      this.port = 0;
    }
  }

  // Starts what is expected to refuse: the exit code and what it said.
  async startToFail() {
    if (this.port === 0) this.port = await freePort();
    const before = this.log().length;
    this.launch();
    const ended = await within(READY_WITHIN_MS, this.ended);
    if (ended === null) {
      await this.kill9();
      throw new Error('execd keeps running although it should refuse to');
    }
    return { code: ended.code, said: this.log().slice(before) };
  }

  launch() {
    if (this.process !== null) throw new Error('this execd runs already');
    const log = fs.openSync(this.logPath, 'a');
    const environment = {
      PATH: process.env.PATH, HOME: process.env.HOME, ASAN_OPTIONS: process.env.ASAN_OPTIONS || '',
      HOST: '127.0.0.1', PORT: String(this.port), DATABASE_URL: `sqlite:${this.databasePath}`, RATE_LIMIT: '0',
      ...this.settings,
    };
    this.startedAt = Date.now();
    const [program, ...words] = [...this.wrapper, process.env.EXECD, ...this.flags];
    const child = spawn(program, words, { cwd: this.directory, env: environment, stdio: ['ignore', log, log] });
    fs.closeSync(log);
    this.process = child;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.process = null;
        resolve({ code, signal });
      });
      child.once('error', (error) => {
        this.process = null;
        resolve({ code: null, signal: String(error) });
      });
    });
  }

  // Null once it is ready, else how it ended.
  async readyOrEnded() {
    const giveUpAt = Date.now() + READY_WITHIN_MS;
    while (Date.now() < giveUpAt) {
      if (this.process === null) return this.ended;
      try {
        const answer = await request(`${this.url}/readyz`, { timeout: 1000, ca: this.ca });
        if (answer.status === 200) return null;
      } catch (error) { /* not listening yet */ }
      await sleep(10);
    }
    await this.kill9();
    throw new Error(`execd was not ready within ${READY_WITHIN_MS} ms:\n${this.logTail()}`);
  }

  async ready() {
    return this.alive && (await request(`${this.url}/readyz`, { timeout: 1000 }).catch(() => ({}))).status === 200;
  }

  async kill9() {
    if (this.process === null) return;
    process.kill(this.process.pid, 'SIGKILL');
    await this.ended;
  }

  // Asks it to stop: {code, signal, ms}.
  async terminate(patienceMs = 20000) {
    if (this.process === null) return { code: null, signal: null, ms: 0 };
    const began = Date.now();
    process.kill(this.process.pid, 'SIGTERM');
    const ended = await within(patienceMs, this.ended);
    if (ended === null) {
      await this.kill9();
      throw new Error(`execd had not stopped ${patienceMs} ms after SIGTERM`);
    }
    return { ...ended, ms: Date.now() - began };
  }

  log() { return fs.existsSync(this.logPath) ? fs.readFileSync(this.logPath, 'utf8') : ''; }
  logTail() { return this.log().split('\n').slice(-40).join('\n'); }

  // A sanitizer's report or a failed assertion anywhere in the log fails the test.
  assertHealthyLog() {
    const bad = /AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|Assertion .* failed|terminate called/;
    const line = this.log().split('\n').find((text) => bad.test(text));
    if (line) throw new Error(`execd's log reports: ${line}\n${this.logTail()}`);
  }
}

module.exports = { Daemon };
