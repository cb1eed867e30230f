'use strict';
// A node's subscriptions: against a node of the npm package ws that misbehaves, and against a local Solana node.

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const WebSocket = require('ws');
const { test, main } = require('./support/suite');
const { makeCertificate } = require('./support/certificate');
const { freePort } = require('./support/ports');
const { Lines } = require('./support/lines');
const { startLocalnet } = require('./support/localnet');

const LISTENER = process.env.RPC_LISTENER;
const ACCOUNT = 'Sysvar1111111111111111111111111111111111111';
const SIGNATURE = '2'.repeat(88);

// A node on the port behind `port`, where subscriptions are: {sockets, last, notify}.
async function fakeNode(place, server, port) {
  const wss = new WebSocket.Server({ server });
  const node = { sockets: [], names: {}, onRequest: null };
  wss.on('connection', (socket) => {
    node.sockets.push(socket);
    node.names = {};
    socket.on('message', (text) => {
      const { id, method } = JSON.parse(text);
      if (node.onRequest && node.onRequest(socket, id, method)) return;
      node.names[method] = id + 1000 * node.sockets.length;
      socket.send(JSON.stringify({ jsonrpc: '2.0', result: node.names[method], id }));
    });
  });
  node.notify = (kind, result) => node.sockets.at(-1).send(JSON.stringify({
    jsonrpc: '2.0', method: `${kind}Notification`, params: { result, subscription: node.names[`${kind}Subscribe`] },
  }));
  await new Promise((resolve) => { server.listen(port + 1, '127.0.0.1', resolve); });
  place.atEnd(() => new Promise((resolve) => {
    for (const client of wss.clients) client.terminate();
    server.close(resolve);
  }));
  return node;
}

async function hearAndHearAgain(place, server, scheme, args) {
  const port = await freePort(2);
  const node = await fakeNode(place, server, port);
  const listener = new Lines(place, LISTENER, [`${scheme}://localhost:${port}`, ...args]);
  listener.tell('slots');
  listener.tell(`signature ${SIGNATURE}`);
  listener.tell(`account ${ACCOUNT}`);
  for (const kind of ['slots', 'signature', 'account']) await listener.line(new RegExp(`^${kind}: gap first`));
  node.notify('slot', { slot: 12, parent: 11, root: 1 });
  node.notify('slot', { slot: 11, parent: 10, root: 1 });
  node.notify('account', { context: { slot: 12 }, value: { lamports: 5, owner: ACCOUNT, data: ['AAAA', 'base64'], executable: false, space: 3 } });
  node.notify('signature', { context: { slot: 12 }, value: { err: { InstructionError: [0, { Custom: 1 }] } } });
  await listener.line(/^slots: slot 12 11/);
  await listener.line(/^slots: slot 11 10/);
  await listener.line(new RegExp(`^account: account ${ACCOUNT} 12 5 3$`));
  await listener.line(/^signature: signature 2+ 12 \{"InstructionError":\[0,\{"Custom":1\}\]\}$/);
  // Cut, closed, and nonsense; each time everything that goes on is subscribed to anew.
  const ways = [(socket) => socket.terminate(), (socket) => socket.close(1001, 'restart'), (socket) => socket.send('{"jsonrpc":"2.0"}')];
  for (const [i, end] of ways.entries()) {
    const from = listener.said.length;
    end(node.sockets.at(-1));
    await listener.line(/^slots: silence /, from);
    await listener.line(/^slots: gap again/, from);
    await listener.line(/^account: gap again/, from);
    node.notify('slot', { slot: 20 + i, parent: 19 + i, root: 1 });
    await listener.line(new RegExp(`^slots: slot ${20 + i} `), from);
    assert.ok(!listener.said.slice(from).some((line) => line.startsWith('signature:')), 'a signature fires once');
  }
  assert.strictEqual(node.sockets.length, 4);
}

test('what a node says is heard, and heard again after each loss', async (place) => {
  await hearAndHearAgain(place, http.createServer(), 'http', []);
});

test('the same by TLS', async (place) => {
  const { cert, key } = makeCertificate(place.folder('tls'));
  await hearAndHearAgain(place, https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }), 'https', [cert]);
});

test('a local Solana node tells of slots, accounts and signatures, also after it has cut everybody off', async (place) => {
  const node = await startLocalnet(place, 100);
  const { Keypair, SystemProgram, Transaction, PublicKey } = node.packages('@solana/web3.js');
  const payer = Keypair.generate();
  const receiver = Keypair.generate().publicKey;
  await node.call('requestAirdrop', payer.publicKey.toBase58(), 5000000000);
  const listener = new Lines(place, LISTENER, [node.url]);
  listener.tell('slots');
  listener.tell(`account ${receiver.toBase58()}`);
  await listener.line(/^account: gap first/);
  await listener.line(/^slots: slot /);

  let paid = 0;
  const pay = async (lamports) => {
    const { value } = await node.call('getLatestBlockhash', { commitment: 'processed' });
    const transaction = new Transaction({ feePayer: payer.publicKey, recentBlockhash: value.blockhash })
      .add(SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: new PublicKey(receiver), lamports }));
    transaction.sign(payer);
    const signature = node.packages('bs58') ? (node.packages('bs58').default || node.packages('bs58')).encode(transaction.signature) : '';
    const from = listener.said.length;
    listener.tell(`signature ${signature}`);
    await listener.line(/^signature: gap first/, from);
    await node.call('sendTransaction', transaction.serialize().toString('base64'), { encoding: 'base64', skipPreflight: true });
    paid += lamports;
    await listener.line(new RegExp(`^signature: signature ${signature} \\d+ fine$`), from);
    await listener.line(new RegExp(`^account: account ${receiver.toBase58()} \\d+ ${paid} 0$`), from);
  };
  await pay(1000000);
  const from = listener.said.length;
  assert.ok(await node.call('ctl_dropWs') >= 1);
  await listener.line(/^account: silence /, from);
  await listener.line(/^account: gap again/, from);
  await listener.line(/^slots: slot /, from);
  await pay(2000000);
  const stats = await node.call('ctl_stats');
  assert.strictEqual(stats.subs, 2, 'two subscriptions go on, both signatures are over');
});

main();
