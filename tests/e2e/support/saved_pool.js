'use strict';
// A pool of Raydium CPMM as account files, encoded here from the layout of the program's accounts: what execctl reads
// offline, on a machine without fixtures too.

const fs = require('node:fs');
const path = require('node:path');

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const PROGRAM = 'CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C';
const AUTHORITY = 'GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL';
const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const SOL = 'So11111111111111111111111111111111111111112';

function toBase58(bytes) {
  let number = BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
  for (let i = 0; i < bytes.length && bytes[i] === 0; i++) text = `1${text}`;
  return text;
}

function fromBase58(text) {
  let number = 0n;
  for (const letter of text) number = number * 58n + BigInt(ALPHABET.indexOf(letter));
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
}

// An address that stands for nothing; a higher number is a higher address, and all are above that of SOL.
function address(number) {
  const bytes = Buffer.alloc(32);
  bytes[0] = 0x80;
  bytes.writeUInt32BE(number, 5);
  return toBase58(bytes);
}

// Bytes with fields at offsets: addresses, or [number, size].
function account(size, fields) {
  const bytes = Buffer.alloc(size);
  for (const [at, value] of Object.entries(fields)) {
    if (typeof value === 'string') fromBase58(value).copy(bytes, Number(at));
    else if (Buffer.isBuffer(value)) value.copy(bytes, Number(at));
    else for (let i = 0, rest = BigInt(value[0]); i < value[1]; i++, rest >>= 8n) bytes[Number(at) + i] = Number(rest & 255n);
  }
  return bytes;
}

// As `solana account ADDRESS --output json` writes it.
function accountFile(pubkey, owner, data) {
  return {
    pubkey,
    account: { lamports: 5000000, data: [data.toString('base64'), 'base64'], owner, executable: false, rentEpoch: 0, space: data.length },
  };
}

const mint = (decimals) => account(82, { 36: [10n ** 15n, 8], 44: [decimals, 1], 45: [1, 1] });
const vault = (of, held) => account(165, { 0: of, 32: AUTHORITY, 64: [held, 8], 108: [1, 1] });

// The account files of a pool of SOL and another token by their names, and what is needed to ask it.
function savedPool({ heldSol = 10n ** 12n, heldOther = 15n * 10n ** 10n, rate = 2500n, opensAt = 0 } = {}) {
  const pool = address(1);
  const other = address(11);
  const config = address(2);
  const files = [
    [pool, PROGRAM, account(637, {
      0: Buffer.from('f7ede3f5d7c3de46', 'hex'), 8: config, 72: address(20), 104: address(21), 168: SOL, 200: other,
      232: TOKEN_PROGRAM, 264: TOKEN_PROGRAM, 296: address(3), 330: [9, 1], 331: [9, 1], 332: [6, 1], 373: [opensAt, 8],
    })],
    [config, PROGRAM, account(236, { 0: Buffer.from('daf42168cbcb2b6f', 'hex'), 12: [rate, 8] })],
    [SOL, TOKEN_PROGRAM, mint(9)],
    [other, TOKEN_PROGRAM, mint(6)],
    [address(20), TOKEN_PROGRAM, vault(SOL, heldSol)],
    [address(21), TOKEN_PROGRAM, vault(other, heldOther)],
  ];
  // What the program pays for so much SOL: the fee rounded up, the rest by the product of what is held.
  const pays = (amount) => {
    const fee = (amount * rate + 999999n) / 1000000n;
    return { fee, out: ((amount - fee) * heldOther) / (heldSol + amount - fee) };
  };
  return { pool, sol: SOL, other, config, files: files.map(([key, owner, data]) => accountFile(key, owner, data)), pays };
}

// Writes a pool's files into a folder, which is made.
function writePool(folder, saved = savedPool()) {
  fs.mkdirSync(folder, { recursive: true });
  for (const file of saved.files) fs.writeFileSync(path.join(folder, `${file.pubkey}.json`), JSON.stringify(file));
  return { ...saved, folder };
}

module.exports = { account, accountFile, address, fromBase58, savedPool, toBase58, writePool };
