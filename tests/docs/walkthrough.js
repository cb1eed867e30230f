'use strict';
// Does what the documents tell a reader to do, block by block, and compares what they promise with what happens.
//
//   EXECD=... EXECCTL=... node walkthrough.js [--renew] DOCUMENT...
//
// ```sh       every line runs and succeeds.
// ```console  the lines after `$` run as on a terminal of 110 columns and print what stands below them. Ids, transactions, times
//             and durations may differ; a line of three dots stands for any lines. With --renew the output is written into
//             the document instead.
// ```toml     is a configuration file that execd accepts.
// ```json     is JSON.
// Anything else, and a block that cannot run here, needs a mark in the line above the fence:
//   <!-- from: FILE -->        an excerpt of a file that is built and run by the tests (examples/excerpts.sh compares the lines)
//   <!-- server -->            starts execd in the foreground; it serves until the next such block or the document's end
//   <!-- elsewhere: NAME -->   done by another test of ctest, one of those below
// A reader's port 3000 is a free one here, and build/release/bin is where the programs under test are.

const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { freePort } = require('../e2e/support/ports');

const ELSEWHERE = new Set(['docs_two_commands', 'consumer.installed']);
const WORLD = { MOCK_SEED: '42', MOCK_TIME_SCALE: '0.2', RATE_LIMIT: '0', NO_COLOR: '1', TERM: 'xterm', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };

function blocksOf(text) {
  const lines = text.split('\n');
  const blocks = [];
  let mark = null;
  for (let at = 0; at < lines.length; at++) {
    const found = /^<!-- (from|server|elsewhere)(?:: (.*))? -->$/.exec(lines[at]);
    if (found) { mark = { kind: found[1], value: found[2] || '' }; continue; }
    const fence = /^```(\w*)$/.exec(lines[at]);
    if (!fence) { if (lines[at].trim()) mark = null; continue; }
    let end = at + 1;
    while (end < lines.length && lines[end] !== '```') end++;
    assert(end < lines.length, `line ${at + 1}: a fence without an end`);
    blocks.push({ language: fence[1], mark, first: at + 1, last: end - 1, lines: lines.slice(at + 1, end) });
    mark = null;
    at = end;
  }
  return blocks;
}

function normal(line) {
  return line
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'ID')
    .replace(/\b01[0-9a-f]{6}(-[0-9a-f]+)*…?/g, 'ID')
    .replace(/\b[1-9A-HJ-NP-Za-km-z]{32,}\b/g, 'TX')
    .replace(/\b[1-9A-HJ-NP-Za-km-z]{4}(…|\.\.\.)[1-9A-HJ-NP-Za-km-z]{4}/g, 'TX')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\b\d\d:\d\d:\d\d(\.\d+)?Z?/g, 'TIME')
    .replace(/\b\d+(\.\d+)? (ms|s|min|h)\b/g, 'SPAN')
    .replace(/\b(127\.0\.0\.1|localhost):\d+/g, 'HOST')
    .replace(/\bpid \d+/g, 'pid N')
    .replace(/\b(slot|latencyMs"?:) ?\d+(\.\d+)?/g, '$1 N')
    .replace(/\s+/g, ' ').trim();
}

// Whether `actual` is `expected` with any lines in place of its lines of three dots.
function same(expected, actual) {
  if (expected.length === 0) return actual.length === 0;
  if (expected[0] === '...') {
    for (let skipped = 0; skipped <= actual.length; skipped++) {
      if (same(expected.slice(1), actual.slice(skipped))) return true;
    }
    return false;
  }
  return actual.length > 0 && normal(expected[0]) === normal(actual[0]) && same(expected.slice(1), actual.slice(1));
}

// What a terminal shows in the end: lines that were redrawn count as they stood last.
function shown(output) {
  const lines = output.replace(/\r+\n/g, '\n').split('\n').map((line) => {
    const drawn = line.split(/\r\x1b\[K|\r/).pop();
    return drawn.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').trimEnd();
  });
  while (lines.length > 0 && lines[lines.length - 1] === '') lines.pop();
  return lines;
}

class Walk {
  constructor(folder, port) {
    this.folder = folder;
    this.port = port;
    this.server = null;
    const bin = path.join(folder, 'bin');
    fs.mkdirSync(bin);
    for (const [name, file] of [['execd', process.env.EXECD], ['execctl', process.env.EXECCTL]]) fs.symlinkSync(path.resolve(file), path.join(bin, name));
    this.place = path.join(folder, 'place');
    fs.mkdirSync(this.place);
    this.environment = { PATH: `${bin}:${process.env.PATH}`, HOME: folder, EXEC_SERVER: `http://127.0.0.1:${port}`, ...WORLD };
    if (process.env.ASAN_OPTIONS) this.environment.ASAN_OPTIONS = process.env.ASAN_OPTIONS;
  }
  here(command) {
    return command.replaceAll('build/release/bin/', '').replaceAll('localhost:3000', `127.0.0.1:${this.port}`).replaceAll('--port 3000', `--port ${this.port}`);
  }
  run(command, terminal) {
    const words = terminal
      ? ['script', ['-qec', `stty cols 110; ${this.here(command)}`, '/dev/null']]
      : ['bash', ['--norc', '-euc', this.here(command)]];
    const done = spawnSync(words[0], words[1], { cwd: this.place, env: this.environment, encoding: 'utf8', timeout: 90000, input: '' });
    if (done.error) throw done.error;
    return { status: done.status, output: done.stdout + (terminal ? '' : done.stderr) };
  }
  async serve(command) {
    await this.stop();
    const log = fs.openSync(path.join(this.folder, 'server.log'), 'a');
    this.server = spawn('bash', ['--norc', '-euc', `exec ${this.here(command)}`], { cwd: this.place, env: { ...this.environment, PORT: String(this.port) }, stdio: ['ignore', log, log] });
    this.ended = new Promise((resolve) => { this.server.once('exit', resolve); });
    for (let left = 300; left > 0; left--) {
      const ready = await fetch(`http://127.0.0.1:${this.port}/readyz`).then((answer) => answer.ok, () => false);
      if (ready) return;
      assert.strictEqual(this.server.exitCode, null, `the server ended:\n${fs.readFileSync(path.join(this.folder, 'server.log'), 'utf8')}`);
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    throw new Error('the server does not get ready');
  }
  async stop() {
    if (this.server === null) return;
    this.server.kill('SIGTERM');
    await this.ended;
    this.server = null;
  }
}

// The commands of a console block with the output that stands below each.
function commandsOf(block) {
  const commands = [];
  for (let at = 0; at < block.lines.length; at++) {
    const line = block.lines[at];
    if (!line.startsWith('$ ')) {
      assert(commands.length > 0, `line ${block.first + at + 1}: output before the first command`);
      commands[commands.length - 1].expected.push(line.trimEnd());
      continue;
    }
    const written = [line];
    while (written[written.length - 1].endsWith('\\')) written.push(block.lines[++at]);
    commands.push({ written, text: written.join('\n').slice(2), expected: [] });
  }
  return commands;
}

async function runBlock(walk, block, renew) {
  const text = block.lines.join('\n');
  if (block.mark && block.mark.kind === 'elsewhere') {
    assert(ELSEWHERE.has(block.mark.value), `nobody knows a test '${block.mark.value}'`);
    return 'elsewhere';
  }
  if (block.mark && block.mark.kind === 'from') {
    assert(fs.existsSync(path.join(__dirname, '..', '..', block.mark.value)), `${block.mark.value} is not there`);
    return 'an excerpt';
  }
  if (block.mark && block.mark.kind === 'server') {
    await walk.serve(text.replace(/ +#.*$/gm, '').trim());
    return 'served';
  }
  if (block.language === 'json') {
    JSON.parse(text);
    return 'parsed';
  }
  if (block.language === 'toml') {
    fs.writeFileSync(path.join(walk.place, 'exec.toml'), text + '\n');
    const { status, output } = walk.run('execd --check-config --config exec.toml', false);
    fs.rmSync(path.join(walk.place, 'exec.toml'));
    assert.strictEqual(status, 0, output);
    return 'accepted';
  }
  if (block.language === 'sh') {
    const { status, output } = walk.run(text, false);
    assert.strictEqual(status, 0, `exit code ${status}:\n${output}`);
    return 'run';
  }
  if (block.language === 'console') {
    const renewed = [];
    for (const command of commandsOf(block)) {
      const { output } = walk.run(command.text, true);
      const actual = shown(output);
      renewed.push(...command.written, ...actual);
      if (!renew && !same(command.expected, actual)) {
        throw new Error(`$ ${command.text}\n--- the document says\n${command.expected.join('\n')}\n--- it prints\n${actual.join('\n')}`);
      }
    }
    if (renew) block.renewed = renewed;
    return 'run';
  }
  throw new Error(`a block of '${block.language}' needs a mark that says who runs it`);
}

async function walkThrough(file, renew) {
  const text = fs.readFileSync(file, 'utf8');
  const blocks = blocksOf(text);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'libexec-docs-'));
  const walk = new Walk(folder, await freePort());
  let failed = 0;
  try {
    // What ./dev run leaves behind, for the reader who comes from there.
    await walk.serve('execd');
    for (const block of blocks) {
      const place = `${path.basename(file)}:${block.first}`;
      try {
        console.log(`ok       ${place} ${block.language || 'text'}: ${await runBlock(walk, block, renew)}`);
      } catch (error) {
        failed += 1;
        console.log(`FAILED   ${place} ${block.language}\n${error.message}`);
      }
    }
  } finally {
    await walk.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
  if (renew) {
    const lines = text.split('\n');
    for (const block of blocks.reverse()) {
      if (block.renewed) lines.splice(block.first, block.last - block.first + 1, ...block.renewed);
    }
    fs.writeFileSync(file, lines.join('\n'));
  }
  assert(blocks.length > 0, `${file} has no block of code`);
  return failed;
}

async function main() {
  if (!process.env.EXECD || !process.env.EXECCTL) throw new Error('EXECD and EXECCTL must name the programs');
  const words = process.argv.slice(2);
  const documents = words.filter((word) => !word.startsWith('--'));
  assert(documents.length > 0, 'no document named');
  let failed = 0;
  for (const document of documents) failed += await walkThrough(document, words.includes('--renew'));
  if (failed > 0) {
    console.log(`${failed} blocks failed`);
    process.exitCode = 1;
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
