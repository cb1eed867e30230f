'use strict';
// A node behind two ports in a row, as validators have them, with balances: the local node does not keep what the accounts of a
// transaction held before it and after it, and an engine that books amounts wants to know.

const http = require('node:http');
const net = require('node:net');
const { request } = require('./http');

const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

class BalanceProxy {
  // `addresses` are all accounts whose balances may change. One transaction at a time: `remember` before each.
  constructor(node, addresses) {
    this.node = node;
    this.addresses = addresses;
  }

  async remember() { this.before = await this.read(this.addresses); }

  async read(addresses) {
    const { value } = await this.node.call('getMultipleAccounts', addresses, { encoding: 'base64', commitment: 'processed' });
    const read = new Map();
    addresses.forEach((address, i) => { read.set(address, this.held(value[i])); });
    return read;
  }

  held(account) {
    if (!account) return { lamports: 0 };
    const data = Buffer.from(account.data[0], 'base64');
    if (account.owner !== TOKEN_PROGRAM || data.length !== 165) return { lamports: account.lamports };
    const key = (at) => new this.node.web3.PublicKey(data.subarray(at, at + 32)).toBase58();
    return { lamports: account.lamports, token: { mint: key(0), owner: key(32), amount: String(data.readBigUInt64LE(64)) } };
  }

  // What a node that keeps balances says of the transaction.
  async complete(result) {
    const { message } = this.node.web3.VersionedTransaction.deserialize(Buffer.from(result.transaction[0], 'base64'));
    const keys = message.staticAccountKeys.map((key) => key.toBase58());
    const after = await this.read(this.addresses);
    const tell = (known) => keys.map((key) => known.get(key) || { lamports: 1 });
    const tokens = (held) => held.flatMap(({ token }, accountIndex) => (!token ? [] : [{
      accountIndex, mint: token.mint, owner: token.owner, programId: TOKEN_PROGRAM,
      uiTokenAmount: { amount: token.amount, decimals: 6, uiAmount: null, uiAmountString: token.amount },
    }]));
    const [pre, post] = [tell(this.before), tell(after)];
    Object.assign(result.meta, {
      // The node reports a fee that leaves out what was offered for a place.
      fee: pre[0].lamports - post[0].lamports - this.moved(pre, post),
      preBalances: pre.map((one) => one.lamports), postBalances: post.map((one) => one.lamports),
      preTokenBalances: tokens(pre), postTokenBalances: tokens(post),
    });
  }

  // What the payer's lamports turned into: every lamport that left it and is no fee lies in another account.
  moved(pre, post) { return post.slice(1).reduce((sum, one, i) => sum + one.lamports - pre[i + 1].lamports, 0); }

  async start(place) {
    const calls = http.createServer((question, answer) => {
      const pieces = [];
      question.on('data', (piece) => pieces.push(piece));
      question.on('end', async () => {
        const body = Buffer.concat(pieces).toString();
        const said = await request(this.node.url, { method: 'POST', body }).catch(() => null);
        if (!said) { answer.destroy(); return; }
        if (JSON.parse(body).method === 'getTransaction' && said.json?.result) await this.complete(said.json.result);
        answer.writeHead(said.status, { 'Content-Type': 'application/json' });
        answer.end(said.json ? JSON.stringify(said.json) : said.text);
      });
    });
    const sockets = net.createServer((near) => {
      const far = net.connect(this.node.port + 1, '127.0.0.1');
      for (const [one, other] of [[near, far], [far, near]]) one.on('error', () => other.destroy()).on('close', () => other.destroy()).pipe(other);
    });
    for (;;) {
      await new Promise((resolve) => { calls.listen(0, '127.0.0.1', resolve); });
      this.port = calls.address().port;
      const free = await new Promise((resolve) => {
        sockets.once('error', () => resolve(false));
        sockets.listen(this.port + 1, '127.0.0.1', () => resolve(true));
      });
      if (free) break;
      await new Promise((resolve) => { calls.close(resolve); });
    }
    place.atEnd(() => { calls.close(); calls.closeAllConnections?.(); sockets.close(); });
    return this;
  }

  get urls() { return `http://127.0.0.1:${this.port},http://localhost:${this.port}`; }
}

module.exports = { BalanceProxy };
