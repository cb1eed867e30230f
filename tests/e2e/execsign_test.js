'use strict';
// execsign as a process: what it signs, what it refuses, whom it answers, and what it never says.

const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { spawn, execFile } = require('node:child_process');
const { test, main, Skip } = require('./support/suite');
const { sleep, within } = require('./support/http');
const { base58, unbase58, tokenAccount, messageOf, transactionOf, PROGRAMS } = require('./support/solana_messages');

const READY_WITHIN_MS = 30000;
const APPLES = base58(Buffer.alloc(32, 201));
const PEARS = base58(Buffer.alloc(32, 202));
const ORDER = '01890a5d-ac96-774b-bcce-b302099a8057';

// A wallet of its own for each test: its seed, address and key file.
class Wallet {
  constructor(folder, mode = 0o600) {
    const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
    this.publicKey = publicKey;
    this.seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    this.key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    this.address = base58(this.key);
    this.file = path.join(folder, 'wallet.json');
    fs.writeFileSync(this.file, JSON.stringify([...this.seed, ...this.key]), { mode });
  }
  // In every spelling in which it might slip out.
  spellings() {
    return [this.seed.toString('hex'), this.seed.toString('base64').slice(0, 40), base58(this.seed), [...this.seed].slice(0, 8).join(','),
      [...this.seed].slice(0, 8).join(', '), this.seed.toString('latin1')];
  }
}

let signers = 0;

class Signer {
  // With `uid` it runs as that user, from a copy that this user can reach.
  constructor(place, { words = [], uid = process.getuid() } = {}) {
    this.uid = uid;
    this.program = process.env.EXECSIGN;
    this.folder = place.folder(`sign-${++signers}`);
    fs.chmodSync(this.folder, 0o700);
    this.socket = path.join(this.folder, 's');
    this.logPath = path.join(this.folder, 'execsign.log');
    this.wallet = new Wallet(this.folder);
    this.words = words;
    this.process = null;
    if (uid !== process.getuid()) {
      fs.chmodSync(place.directory, 0o711);
      this.program = path.join(this.folder, 'execsign');
      fs.copyFileSync(process.env.EXECSIGN, this.program);
      fs.chmodSync(this.program, 0o755);
      for (const file of [this.folder, this.wallet.file]) fs.chownSync(file, uid, uid);
    }
    place.atEnd(() => this.kill9());
  }
  log() { return fs.existsSync(this.logPath) ? fs.readFileSync(this.logPath, 'utf8') : ''; }
  options() {
    return ['--keypair', this.wallet.file, '--socket', this.socket, '--most-per-order', `${APPLES}=1000000`, '--most-per-order', `${PEARS}=0`,
      '--log-format', 'json', ...this.words];
  }
  launch() {
    const log = fs.openSync(this.logPath, 'a');
    const child = spawn(this.program, this.options(),
      { cwd: this.folder, stdio: ['ignore', log, log], env: environment(this.uid), uid: this.uid, gid: this.uid === process.getuid() ? process.getgid() : this.uid });
    fs.closeSync(log);
    this.process = child;
    this.ended = new Promise((resolve) => { child.once('exit', (code, signal) => { this.process = null; resolve({ code, signal }); }); });
  }
  async start() {
    const before = this.log().length;
    this.launch();
    const giveUpAt = Date.now() + READY_WITHIN_MS;
    while (!this.log().slice(before).includes('start.ready')) {
      if (this.process === null || Date.now() > giveUpAt) throw new Error(`execsign did not start:\n${this.log()}`);
      await sleep(10);
    }
    return this;
  }
  async kill9() {
    if (this.process === null) return;
    process.kill(this.process.pid, 'SIGKILL');
    await this.ended;
  }
  async terminate() {
    process.kill(this.process.pid, 'SIGTERM');
    const ended = await within(20000, this.ended);
    if (ended === null) throw new Error('execsign had not stopped 20 s after SIGTERM');
    return ended;
  }
  ask(request) { return exchange(this.socket, frame(JSON.stringify(request))); }
  sign(change = {}, swapChange = {}) { return this.ask(signRequest(this.wallet, change, swapChange)); }
}

function environment(uid = process.getuid()) {
  // The leak checker traces its own process, which only root may once the process is closed to others.
  const leaks = uid === 0 ? '' : ':detect_leaks=0';
  return { PATH: process.env.PATH, ASAN_OPTIONS: `${process.env.ASAN_OPTIONS || ''}${leaks}` };
}

// Runs execsign to its end: {code, said}.
function runToEnd(words) {
  return new Promise((resolve) => {
    execFile(process.env.EXECSIGN, words, { timeout: 20000, env: environment() }, (error, out, err) => {
      resolve({ code: error ? error.code : 0, said: out + err });
    });
  });
}

function frame(text) {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(Buffer.byteLength(text));
  return Buffer.concat([head, Buffer.from(text)]);
}

// Sends bytes and gives the answer's JSON, or null when it is cut without one.
function exchange(socketPath, bytes) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(socketPath);
    let heard = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), 20000);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (piece) => {
      heard = Buffer.concat([heard, piece]);
      if (heard.length < 4 || heard.length < 4 + heard.readUInt32BE(0)) return;
      resolve(JSON.parse(heard.subarray(4).toString('utf8')));
      socket.destroy();
    });
    socket.on('close', () => { clearTimeout(timer); resolve(null); });
    socket.on('error', (error) => { clearTimeout(timer); if (error.code === 'EPIPE' || error.code === 'ECONNRESET') resolve(null); else reject(error); });
  });
}

// A swap of a CPMM pool between the wallet's own accounts.
function swapInstruction(wallet, { amountIn = 1000000n, minOut = 995000n, receiver = tokenAccount(wallet.address, PEARS) } = {}) {
  const pool = (number) => base58(Buffer.alloc(32, number));
  const data = Buffer.concat([Buffer.from('8fbe5adac41e33de', 'hex'), Buffer.alloc(16)]);
  data.writeBigUInt64LE(amountIn, 8);
  data.writeBigUInt64LE(minOut, 16);
  const accounts = [[wallet.address, 's'], [pool(1)], [pool(2)], [pool(3), 'w'], [tokenAccount(wallet.address, APPLES), 'w'], [receiver, 'w'],
    [pool(4), 'w'], [pool(5), 'w'], [PROGRAMS.token], [PROGRAMS.token], [APPLES], [PEARS], [pool(6), 'w']];
  return { program: PROGRAMS.cpmm, accounts, data };
}

function signRequest(wallet, change = {}, swapChange = {}) {
  const message = messageOf(wallet.address, [swapInstruction(wallet, swapChange)]);
  return { v: 1, op: 'sign', order: ORDER, attempt: 1, mintIn: APPLES, mintOut: PEARS, mostIn: '1000000', leastOut: '995000', wrapsSol: false,
    unwrapsSol: false, message: message.toString('base64'), cosigned: [], ...change };
}

function assertSigned(wallet, answer, message) {
  assert.ok(answer && answer.transaction, JSON.stringify(answer));
  const transaction = transactionOf(Buffer.from(answer.transaction, 'base64'));
  assert.strictEqual(transaction.signatures.length, 1);
  assert.ok(transaction.message.equals(message));
  assert.ok(crypto.verify(null, message, wallet.publicKey, transaction.signatures[0]), 'the signature is the wallet\'s');
  assert.strictEqual(answer.signature, base58(transaction.signatures[0]));
  return transaction;
}

test('a swap within its order is signed, one beyond it refused with its rule, and the log says so', async (place) => {
  const signer = await new Signer(place).start();
  assert.deepStrictEqual(await signer.ask({ v: 1, op: 'publicKey' }), { v: 1, publicKey: signer.wallet.address });
  const request = signRequest(signer.wallet);
  assertSigned(signer.wallet, await signer.ask(request), Buffer.from(request.message, 'base64'));

  const thief = base58(Buffer.alloc(32, 99));
  const refusals = [
    [/^spend: instruction 1 of 1 \(raydium_cpmm\) sells 1000001, and the order spends at most 1000000/, {}, { amountIn: 1000001n }],
    [/^least_out: .* takes 994999, at least 995000/, {}, { minOut: 994999n }],
    [/^account_out: /, {}, { receiver: tokenAccount(thief, PEARS) }],
    // What the terms allow is nothing beyond execsign's own ceilings.
    [/^most_per_order: the order spends up to 1000001 .* at most 1000000/, { mostIn: '1000001' }, { amountIn: 1000001n }],
    [/^mint: /, { mintOut: base58(Buffer.alloc(32, 203)) }, {}],
    [/^most_per_order: /, { mintIn: PEARS, mintOut: APPLES, mostIn: '1' }, {}],
    [/^terms: /, { leastOut: '0' }, { minOut: 0n }],
    [/^message: /, { message: 'AAAA' }, {}],
  ];
  for (const [rule, change, swapChange] of refusals) {
    const before = signer.log().length;
    const answer = await signer.sign(change, swapChange);
    assert.strictEqual(answer.error && answer.error.code, 'policy_refused', JSON.stringify(answer));
    assert.match(answer.error.detail, rule);
    const line = JSON.parse(signer.log().slice(before).trim());
    assert.deepStrictEqual([line.event, line.msg, line.orderId, line.attempt], ['signer.refused', answer.error.detail, ORDER, 1]);
  }
  // A transaction that hands lamports to somebody.
  const gift = Buffer.alloc(12);
  gift.writeUInt32LE(2, 0);
  gift.writeBigUInt64LE(5n, 4);
  const stolen = messageOf(signer.wallet.address, [swapInstruction(signer.wallet),
    { program: PROGRAMS.system, accounts: [[signer.wallet.address, 'sw'], [thief, 'w']], data: gift }]);
  const answer = await signer.sign({ message: stolen.toString('base64') });
  assert.match(answer.error.detail, /^lamports: instruction 2 of 2 \(System\) sends 5 lamports to /);
  assert.strictEqual((await signer.terminate()).code, 0);
});

test('nothing secret is in the log, the environment or the command line; no core, no look inside', async (place) => {
  // As root everything of a process belongs to root: there it runs as somebody else.
  const root = process.getuid() === 0;
  const signer = await new Signer(place, { words: ['--log-level', 'trace', '--allow-uid', String(process.getuid())], uid: root ? 65530 : process.getuid() }).start();
  const request = signRequest(signer.wallet);
  const transaction = assertSigned(signer.wallet, await signer.ask(request), Buffer.from(request.message, 'base64'));
  await signer.sign({ mostIn: '1' });
  const proc = (file) => fs.readFileSync(`/proc/${signer.process.pid}/${file}`, 'latin1');
  assert.match(proc('limits'), /Max core file size +0 +0 /);
  assert.match(proc('status'), /NoNewPrivs:\s+1/);
  assert.strictEqual(fs.statSync(`/proc/${signer.process.pid}/mem`).uid, 0, 'a process that is closed to others belongs to root there');
  const said = [signer.log(), ...(root ? ['cmdline', 'environ'] : ['cmdline']).map(proc)].join('\n');
  for (const secret of signer.wallet.spellings()) assert.ok(!said.includes(secret), 'the seed slipped out');
  const bytes = transaction.signatures[0];
  for (const text of [base58(bytes), bytes.toString('base64').slice(0, 60), bytes.toString('hex'), request.message.slice(0, 60)]) {
    assert.ok(!signer.log().includes(text), 'a signed byte slipped out');
  }
  assert.match(signer.log(), new RegExp(signer.wallet.address));
  assert.strictEqual((await signer.terminate()).code, 0);
});

test('the socket is its owner\'s, one execsign listens on it, SIGTERM removes it and a kill does no harm', async (place) => {
  const signer = await new Signer(place).start();
  const found = fs.lstatSync(signer.socket);
  assert.ok(found.isSocket());
  assert.strictEqual(found.mode & 0o7777, 0o600);
  assert.strictEqual(found.uid, process.getuid());

  const second = await runToEnd(signer.options());
  assert.strictEqual(second.code, 3, second.said);
  assert.match(second.said, /another signer listens on/);
  assert.ok((await signer.ask({ v: 1, op: 'publicKey' })).publicKey, 'the first one goes on');

  await signer.kill9();
  assert.ok(fs.existsSync(signer.socket));
  await signer.start();
  assert.ok((await signer.ask({ v: 1, op: 'publicKey' })).publicKey);
  // Somebody is connected and says nothing: it stops all the same.
  const idle = net.connect(signer.socket);
  idle.on('error', () => {});
  await new Promise((resolve) => { idle.once('connect', resolve); });
  assert.deepStrictEqual(await signer.terminate(), { code: 0, signal: null });
  idle.destroy();
  assert.ok(!fs.existsSync(signer.socket));
});

test('another user is turned away by what the system says of him, and an allowed one is served', async (place) => {
  if (process.getuid() !== 0) throw new Skip('only root can ask as somebody else');
  const [stranger, friend] = [65531, 65532];
  fs.chmodSync(place.directory, 0o711);
  const askAs = (uid, socketPath) => new Promise((resolve, reject) => {
    const script = `const s = require('net').connect(process.argv[1]); let n = 0;
      s.on('connect', () => s.write(Buffer.from(process.argv[2], 'base64')));
      s.on('data', (d) => { n += d.length; s.destroy(); }); s.on('error', (e) => { console.log(e.code); process.exit(0); });
      s.on('close', () => { console.log(n > 0 ? 'answered' : 'cut'); process.exit(0); });`;
    const question = frame('{"v":1,"op":"publicKey"}').toString('base64');
    execFile(process.execPath, ['-e', script, socketPath, question], { uid, gid: uid, cwd: '/', timeout: 20000 },
      (error, out) => (error ? reject(error) : resolve(out.trim())));
  });
  const closed = new Signer(place);
  fs.chmodSync(closed.folder, 0o711);
  await closed.start();
  assert.strictEqual(await askAs(stranger, closed.socket), 'EACCES');

  const open = new Signer(place, { words: ['--allow-uid', String(friend)] });
  fs.chmodSync(open.folder, 0o711);
  await open.start();
  assert.strictEqual(fs.lstatSync(open.socket).mode & 0o7777, 0o666);
  const refused = await askAs(stranger, open.socket);
  assert.ok(['cut', 'EPIPE', 'ECONNRESET'].includes(refused), refused);
  assert.match(open.log(), new RegExp(`signer.stranger.*"uid":"${stranger}"`));
  assert.strictEqual(await askAs(friend, open.socket), 'answered');
  assert.strictEqual((await open.terminate()).code, 0);
  assert.strictEqual((await closed.terminate()).code, 0);
});

test('garbage is answered or cut, and the next one is served', async (place) => {
  const signer = await new Signer(place).start();
  const pieces = [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(4), Buffer.alloc(64, 255), frame('{"v":1,"op":"steal"}'), frame('[1]'), frame('{"v":2}'),
    frame(`${'['.repeat(8000)}`), frame('\0\0\0'), frame(JSON.stringify({ ...signRequest(signer.wallet), cosigned: new Array(200).fill({}) }))];
  for (let i = 0; i < 40; i++) pieces.push(crypto.randomBytes(1 + i * 7));
  for (const bytes of pieces) {
    const answer = await Promise.race([exchange(signer.socket, bytes), sleep(150).then(() => null)]);
    if (answer !== null) assert.strictEqual(answer.error && answer.error.code, 'invalid_body', JSON.stringify(answer));
  }
  const request = signRequest(signer.wallet);
  assertSigned(signer.wallet, await signer.ask(request), Buffer.from(request.message, 'base64'));
  assert.match(signer.log(), /signer.bad_request/);
  assert.strictEqual((await signer.terminate()).code, 0);
});

test('no more is signed in a minute than was allowed', async (place) => {
  const signer = await new Signer(place, { words: ['--orders-per-minute', '2', '--programs', 'raydium_cpmm,transfer'] }).start();
  for (let i = 0; i < 2; i++) assert.ok((await signer.sign()).transaction);
  const third = await signer.sign();
  assert.strictEqual(third.error.code, 'rate_limited');
  assert.match(third.error.detail, /^orders_per_minute: 2 transactions/);
  assert.strictEqual((await signer.terminate()).code, 0);
});

test('a key file that others can reach or that is none, and bad options, are refused with the fix', async (place) => {
  const folder = place.folder('bad');
  fs.chmodSync(folder, 0o700);
  const wallet = new Wallet(folder);
  const socket = path.join(folder, 's');
  const ceilings = ['--most-per-order', `${APPLES}=1`, '--most-per-order', `${PEARS}=0`];
  const start = (...words) => runToEnd(['--socket', socket, ...words]);
  for (const mode of [0o640, 0o604, 0o660, 0o644]) {
    fs.chmodSync(wallet.file, mode);
    const { code, said } = await start('--keypair', wallet.file, ...ceilings);
    assert.strictEqual(code, 3, said);
    assert.match(said, /can be reached by others than its owner: chmod 600/);
  }
  fs.chmodSync(wallet.file, 0o600);
  const key = (text) => {
    const file = path.join(folder, 'other.json');
    fs.writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const keys = [...wallet.seed, ...wallet.key];
  for (const [text, words] of [['', /does not begin with/], [JSON.stringify(keys.slice(0, 63)), /no comma behind number 63/],
    [JSON.stringify([...wallet.seed, ...wallet.seed]), /does not belong to its secret one/]]) {
    const { code, said } = await start('--keypair', key(text), ...ceilings);
    assert.strictEqual(code, 3, said);
    assert.match(said, words);
    for (const secret of wallet.spellings()) assert.ok(!said.includes(secret));
  }
  const cases = [
    [3, /cannot be read/, ['--keypair', path.join(folder, 'none'), ...ceilings]],
    [2, /--keypair is required/, ceilings],
    [2, /--most-per-order is required/, ['--keypair', wallet.file]],
    [2, /two at the least/, ['--keypair', wallet.file, '--most-per-order', `${APPLES}=1`]],
    [2, /--most-per-order is MINT=N/, ['--keypair', wallet.file, '--most-per-order', 'SOL=1']],
    [2, /whole number below 2\^63, got '1\.5'/, ['--keypair', wallet.file, '--most-per-order', `${APPLES}=1.5`]],
    [2, /twice/, ['--keypair', wallet.file, ...ceilings, '--most-per-order', `${APPLES}=2`]],
    [2, /--programs is a list of raydium_cpmm, .*got 'raydium'/, ['--keypair', wallet.file, ...ceilings, '--programs', 'raydium']],
    [2, /go together/, ['--keypair', wallet.file, ...ceilings, '--most-tip', '5']],
    [2, /--log-level/, ['--keypair', wallet.file, ...ceilings, '--log-level', 'loud']],
    [0, /^execsign \d/, ['--version']],
  ];
  for (const [code, words, options] of cases) {
    const answer = await start(...options);
    assert.strictEqual(answer.code, code, `${options.join(' ')}: ${answer.said}`);
    assert.match(answer.said, words);
  }
  fs.chmodSync(folder, 0o770);
  const open = await start('--keypair', wallet.file, ...ceilings);
  assert.strictEqual(open.code, 3);
  assert.match(open.said, /chmod go-w/);
  assert.strictEqual(unbase58(wallet.address).compare(wallet.key), 0);
});

test('its page names every option it has, and no other', async () => {
  const { code, said } = await runToEnd(['--help']);
  assert.strictEqual(code, 0);
  const has = new Set(said.match(/^ +(?:-[a-z],)?--[a-z-]+/gm).map((option) => option.replace(/.*--/, '--')));
  const page = fs.readFileSync(path.join(__dirname, '../../docs/signing.md'), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| `--/.test(line)).map((line) => line.split('|')[1]).join(' ');
  const named = new Set(rows.match(/--[a-z-]+/g));
  for (const own of ['--help', '--version']) assert.ok(has.delete(own), own);
  assert.deepStrictEqual([...named].sort(), [...has].sort());
});

main();
