'use strict';
// Messages of Solana, by nothing but the rules of the chain: shares no code with the programs under test.

const crypto = require('node:crypto');

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function base58(bytes) {
  let number = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
  let text = '';
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
  for (const byte of bytes) { if (byte !== 0) break; text = `1${text}`; }
  return text;
}

function unbase58(text, size = 32) {
  let number = 0n;
  for (const letter of text) number = number * 58n + BigInt(ALPHABET.indexOf(letter));
  return Buffer.from(number.toString(16).padStart(size * 2, '0'), 'hex');
}

const PROGRAMS = {
  system: '11111111111111111111111111111111',
  token: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  associated: 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL',
  cpmm: 'CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C',
};

const PRIME = 2n ** 255n - 19n;
const mod = (number) => ((number % PRIME) + PRIME) % PRIME;
function power(base, exponent) {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) result = mod(result * b);
  return result;
}
const D = mod(-121665n * power(121666n, PRIME - 2n));

// Whether 32 bytes are a point of ed25519: x^2 = (y^2 - 1) / (d y^2 + 1) has a root.
function isOnCurve(bytes) {
  const low = Buffer.from(bytes).reverse();
  low[0] &= 0x7f;
  const y2 = power(BigInt(`0x${low.toString('hex')}`), 2n);
  const x2 = mod((y2 - 1n) * power(D * y2 + 1n, PRIME - 2n));
  return x2 === 0n || power(x2, (PRIME - 1n) / 2n) === 1n;
}

// Where a wallet keeps a token of SPL Token.
function tokenAccount(owner, mint) {
  for (let bump = 255; bump >= 0; bump--) {
    const hash = crypto.createHash('sha256');
    for (const key of [owner, PROGRAMS.token, mint]) hash.update(unbase58(key));
    hash.update(Buffer.from([bump])).update(unbase58(PROGRAMS.associated)).update('ProgramDerivedAddress');
    const found = hash.digest();
    if (!isOnCurve(found)) return base58(found);
  }
  throw new Error('no bump gives an address');
}

function shortLength(length) {
  const bytes = [];
  for (let rest = length; ; rest >>= 7) {
    if (rest < 128) { bytes.push(rest); return Buffer.from(bytes); }
    bytes.push((rest & 127) | 128);
  }
}

// A v0 message that `payer` alone signs. Instructions: {program, accounts: [[key, 's' and 'w']], data}.
function messageOf(payer, instructions) {
  const written = new Set([payer]);
  const all = new Set([payer]);
  for (const { program, accounts } of instructions) {
    all.add(program);
    for (const [key, marks = ''] of accounts) { all.add(key); if (marks.includes('w')) written.add(key); }
  }
  const read = [...all].filter((key) => !written.has(key));
  const keys = [...written, ...read];
  const parts = [Buffer.from([0x80, 1, 0, read.length]), shortLength(keys.length), ...keys.map((key) => unbase58(key)), crypto.randomBytes(32),
    shortLength(instructions.length)];
  for (const { program, accounts, data } of instructions) {
    parts.push(Buffer.from([keys.indexOf(program)]), shortLength(accounts.length), Buffer.from(accounts.map(([key]) => keys.indexOf(key))),
      shortLength(data.length), data);
  }
  parts.push(shortLength(0));
  return Buffer.concat(parts);
}

// {signatures, message} of the bytes of a transaction with fewer than 128 signers.
function transactionOf(bytes) {
  const count = bytes[0];
  const signatures = [];
  for (let i = 0; i < count; i++) signatures.push(bytes.subarray(1 + i * 64, 65 + i * 64));
  return { signatures, message: bytes.subarray(1 + count * 64) };
}

module.exports = { base58, unbase58, tokenAccount, messageOf, transactionOf, PROGRAMS };
