'use strict';
// A program that says lines and is told lines.

const { spawn } = require('node:child_process');
const { within } = require('./http');

class Lines {
  // Ends with its standard input, at the latest when the test is over.
  constructor(place, program, args) {
    this.said = [];
    this.errors = '';
    this.waiting = [];
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => { this.child.once('exit', (code, signal) => resolve({ code, signal })); });
    let rest = '';
    this.child.stdout.on('data', (text) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop();
      this.said.push(...parts);
      this.look();
    });
    this.child.stderr.on('data', (text) => { this.errors += text; });
    place.atEnd(async () => {
      this.child.stdin.end();
      const end = await within(20000, this.ended);
      if (end === null) this.child.kill('SIGKILL');
      if (end === null || end.code !== 0) throw new Error(`${program} ended badly: ${JSON.stringify(end)}\n${this.errors}`);
    });
  }
  tell(line) { this.child.stdin.write(`${line}\n`); }
  look() {
    this.waiting = this.waiting.filter(({ pattern, from, resolve }) => {
      const at = this.said.findIndex((line, i) => i >= from && pattern.test(line));
      if (at >= 0) resolve(this.said[at]);
      return at < 0;
    });
  }
  // The first line that matches, from number `from` on.
  async line(pattern, from = 0) {
    const found = await within(15000, new Promise((resolve) => { this.waiting.push({ pattern, from, resolve }); this.look(); }));
    if (found === null) throw new Error(`no line ${pattern}:\n${this.said.join('\n')}\n${this.errors}`);
    return found;
  }
}

module.exports = { Lines };
