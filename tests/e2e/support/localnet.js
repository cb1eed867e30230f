'use strict';
// A local Solana node that runs the real transaction runtime, as a process of its own. It is not part of the tree: its
// folder is named by LIBEXEC_LOCALNET, or lies beside the tree. It needs Node 20 and, once, its npm packages.

const { spawn, spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const os = require('node:os');
const path = require('node:path');
const { request, sleep } = require('./http');
const { freePort } = require('./ports');
const { Skip } = require('./suite');

const START_WITHIN_MS = 30000;
const INSTALL_WITHIN_MS = 120000;
const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const TOKEN_2022 = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';
const SOL_MINT = 'So11111111111111111111111111111111111111112';
const RENT_OF_TOKEN_ACCOUNT = 2039280n;

// The node's folder with its packages: where it lies, or a copy that is made once and kept.
function findFolder() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw new Skip(`the local Solana node needs Node 20, this is ${major}`);
  const folder = path.resolve(process.env.LIBEXEC_LOCALNET || path.join(__dirname, '../../../../shared/localnet'));
  if (!fs.existsSync(path.join(folder, 'server.mjs'))) throw new Skip(`no local Solana node in ${folder} (LIBEXEC_LOCALNET names its folder)`);
  if (fs.existsSync(path.join(folder, 'node_modules/litesvm'))) return folder;
  const files = ['server.mjs', 'package.json', '.npmrc'].filter((name) => fs.existsSync(path.join(folder, name)));
  const mark = crypto.createHash('sha256').update(files.map((name) => fs.readFileSync(path.join(folder, name))).join()).digest('hex').slice(0, 12);
  const copy = path.join(os.tmpdir(), `libexec-localnet-${mark}`);
  if (fs.existsSync(path.join(copy, 'ready'))) return copy;
  fs.mkdirSync(copy, { recursive: true, mode: 0o700 });
  for (const name of files) fs.copyFileSync(path.join(folder, name), path.join(copy, name));
  const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: copy, timeout: INSTALL_WITHIN_MS, encoding: 'utf8' });
  if (npm.status !== 0) throw new Skip(`npm could not install the local Solana node's packages: ${npm.stderr || npm.error}`);
  fs.writeFileSync(path.join(copy, 'ready'), '');
  return copy;
}

// A key pair as solana-keygen writes it: {address, numbers}.
function makeKeyPair(web3) {
  const pair = web3.Keypair.generate();
  return { address: pair.publicKey.toBase58(), numbers: [...pair.secretKey] };
}

class Localnet {
  // `words` are further options of the node's: programs and accounts to begin with.
  constructor(slotMs, words = []) {
    this.slotMs = slotMs;
    this.words = words;
  }

  async start() {
    this.folder = findFolder();
    this.packages = createRequire(path.join(this.folder, 'server.mjs'));
    this.web3 = this.packages('@solana/web3.js');
    this.port = await freePort(2); // it takes both
    this.process = spawn(process.execPath, [path.join(this.folder, 'server.mjs'), '--port', String(this.port), '--slot-ms', String(this.slotMs), ...this.words],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    this.process.stderr.on('data', (bytes) => { said += bytes; });
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the local node did not start: ${said}`)), START_WITHIN_MS);
      this.process.on('exit', (code) => reject(new Error(`the local node ended with ${code}: ${said}`)));
      this.process.stdout.on('data', (bytes) => {
        said += bytes;
        if (!said.includes('rpc http://')) return;
        clearTimeout(timer);
        resolve();
      });
    });
    // It says so before it listens.
    for (const giveUpAt = Date.now() + START_WITHIN_MS; ; await sleep(20)) {
      const answer = await this.call('getVersion').catch((error) => error);
      if (!(answer instanceof Error)) return this;
      if (Date.now() > giveUpAt) throw answer;
    }
  }

  // One node by two names: two witnesses, as far as anybody can tell from outside.
  get url() { return `http://127.0.0.1:${this.port}`; }
  get urls() { return `${this.url},http://localhost:${this.port}`; }

  stop() { if (this.process) this.process.kill('SIGKILL'); }

  async call(method, ...params) {
    const answer = await request(this.url, { method: 'POST', body: { jsonrpc: '2.0', id: 1, method, params } });
    if (!answer.json || answer.json.error) throw new Error(`${method}: ${answer.text}`);
    return answer.json.result;
  }

  tokenAccount(owner, mint, program = TOKEN_PROGRAM) {
    const { PublicKey } = this.web3;
    const seeds = [owner, program, mint].map((key) => new PublicKey(key).toBuffer());
    return PublicKey.findProgramAddressSync(seeds, new PublicKey('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL'))[0].toBase58();
  }

  async setLamports(address, lamports) {
    await this.call('ctl_setAccount', { pubkey: address, owner: '11111111111111111111111111111111', lamports: String(lamports), data: '' });
  }

  async makeMint(mint, decimals) {
    const data = Buffer.alloc(82);
    data.writeBigUInt64LE(10n ** 18n, 36);
    data[44] = decimals;
    data[45] = 1;
    await this.call('ctl_setAccount', { pubkey: mint, owner: TOKEN_PROGRAM, lamports: '1461600', data: data.toString('base64') });
  }

  // So much of a token in the owner's own account; of wrapped SOL the lamports are there as well. An account of Token-2022
  // has room for the fees that it withholds and says that it keeps its owner, as those have that its program makes.
  async fund(owner, mint, amount, program = TOKEN_PROGRAM) {
    const { PublicKey } = this.web3;
    const extensions = program === TOKEN_2022 ? Buffer.from([2, 2, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0]) : Buffer.alloc(0);
    const data = Buffer.concat([Buffer.alloc(165), extensions]);
    new PublicKey(mint).toBuffer().copy(data, 0);
    new PublicKey(owner).toBuffer().copy(data, 32);
    data.writeBigUInt64LE(BigInt(amount), 64);
    data[108] = 1;
    const native = mint === SOL_MINT;
    if (native) {
      data.writeUInt32LE(1, 109);
      data.writeBigUInt64LE(RENT_OF_TOKEN_ACCOUNT, 113);
    }
    await this.call('ctl_setAccount', {
      pubkey: this.tokenAccount(owner, mint, program), owner: program, data: data.toString('base64'),
      lamports: String(RENT_OF_TOKEN_ACCOUNT + (native ? BigInt(amount) : 0n)),
    });
  }

  async lamports(address) { return BigInt((await this.call('getBalance', address)).value); }
  async tokens(owner, mint, program = TOKEN_PROGRAM) {
    return BigInt((await this.call('getTokenAccountBalance', this.tokenAccount(owner, mint, program))).value.amount);
  }

  // What the node's ledger has of a wallet: order -> how many transactions of it landed well, by the tag that each carries.
  async landings(wallet) {
    const counts = new Map();
    for (const entry of await this.call('getSignaturesForAddress', wallet, { limit: 1000000 })) {
      if (entry.err !== null) continue;
      const transaction = await this.call('getTransaction', entry.signature, { commitment: 'confirmed' });
      const tag = transaction && /libexec:([0-9a-f-]{36})/.exec(transaction.meta.logMessages.join('\n'));
      if (tag) counts.set(tag[1], (counts.get(tag[1]) || 0) + 1);
    }
    return counts;
  }
}

// A node that ends with the place.
async function startLocalnet(place, slotMs, words) {
  const node = await new Localnet(slotMs, words).start();
  place.atEnd(() => node.stop());
  return node;
}

module.exports = { Localnet, makeKeyPair, startLocalnet, SOL_MINT };
