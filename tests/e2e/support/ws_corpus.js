'use strict';
// The table of tests/net/ws_corpus.txt, which explains itself, and the frames in it as bytes.

const fs = require('node:fs');
const path = require('node:path');

const KEY = Buffer.from([0x12, 0x34, 0x56, 0x78]);

function payloadBytes(text) {
  if (text === '') return Buffer.alloc(0);
  return Buffer.concat((text.match(/"[^"]*"|[^+]+/g) || []).map((part) => {
    if (part.startsWith('"')) return Buffer.from(part.slice(1, -1), 'latin1');
    const repeated = /^(\d+)\*([0-9a-f]{2})$/.exec(part);
    if (repeated) return Buffer.alloc(Number(repeated[1]), parseInt(repeated[2], 16));
    if (!/^([0-9a-f]{2})+$/.test(part)) throw new Error(`bad payload: ${text}`);
    return Buffer.from(part, 'hex');
  }));
}

// "text" and the bytes, as two runs are compared.
const shown = (kind, payload) => `${kind}:${payload.toString('hex')}`;

function answersIn(column) {
  if (column === '-') return [];
  return column.split(' ').map((answer) => {
    const colon = answer.indexOf(':');
    const kind = answer.slice(0, colon);
    return kind === 'close' ? answer : shown(kind, payloadBytes(answer.slice(colon + 1)));
  });
}

function readCorpus() {
  const file = path.join(__dirname, '..', '..', 'net', 'ws_corpus.txt');
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));
  return lines.map((line) => {
    const [id, name, frames, answers, ws] = line.split(' | ');
    return { id, name, frames: frames.split(' '), answers: answersIn(answers), ws: ws ? answersIn(ws) : answersIn(answers) };
  });
}

function frameHeader(first, length, masked, lengthBytes) {
  const big = BigInt(length);
  const bytes = lengthBytes || (big < 126n ? 0 : big < 65536n ? 2 : 8);
  const head = Buffer.alloc(2 + bytes);
  head[0] = first;
  head[1] = (masked ? 0x80 : 0) | (bytes === 0 ? Number(big) : bytes === 2 ? 126 : 127);
  if (bytes === 2) head.writeUInt16BE(Number(big), 2);
  if (bytes === 8) head.writeBigUInt64BE(big, 2);
  return masked ? Buffer.concat([head, KEY]) : head;
}

function frame(first, payload, masked, lengthBytes) {
  const body = Buffer.from(payload);
  if (masked) for (let i = 0; i < body.length; i++) body[i] ^= KEY[i % 4];
  return Buffer.concat([frameHeader(first, body.length, masked, lengthBytes), body]);
}

// The row's frames as a client or a server sends them; `patient` listeners also get what follows "^".
function encodeFrames(frames, { fromClient, patient }) {
  const parts = [];
  for (const text of frames) {
    if (text === '^' && !patient) break;
    if (text === '^') continue;
    const [, first, spelling, mark, rest] = /^([0-9a-f]{2})(!|\/16|\/64)?([:=])(.*)$/.exec(text);
    const masked = fromClient !== (spelling === '!');
    const lengthBytes = { '/16': 2, '/64': 8 }[spelling] || 0;
    parts.push(mark === '=' ? frameHeader(parseInt(first, 16), rest, masked, lengthBytes)
      : frame(parseInt(first, 16), payloadBytes(rest), masked, lengthBytes));
  }
  return Buffer.concat(parts);
}

// Takes whole frames off `bytes`: [{opcode, payload}], each checked as a sender's of `masked` or unmasked frames.
function readFrames(bytes, { masked = false } = {}) {
  const frames = [];
  let at = 0;
  while (at < bytes.length) {
    const opcode = bytes[at] & 0x0f;
    if ((bytes[at] & 0xf0) !== 0x80) throw new Error(`a frame in parts or with reserved bits: ${bytes[at]}`);
    if (((bytes[at + 1] & 0x80) !== 0) !== masked) throw new Error('a mask where none belongs, or none where one does');
    let length = bytes[at + 1] & 0x7f;
    at += 2;
    if (length === 126) { length = bytes.readUInt16BE(at); at += 2; }
    else if (length === 127) { length = Number(bytes.readBigUInt64BE(at)); at += 8; }
    const key = masked ? bytes.subarray(at, at += 4) : null;
    if (at + length > bytes.length) throw new Error('a frame that was cut off');
    const payload = Buffer.from(bytes.subarray(at, at + length));
    if (key) for (let i = 0; i < payload.length; i++) payload[i] ^= key[i % 4];
    frames.push({ opcode, payload });
    at += length;
  }
  return frames;
}

// Frames as the table shows answers. Pings of the other side are no answers.
function answersOf(frames) {
  const kinds = { 1: 'text', 2: 'binary', 10: 'pong' };
  return frames.filter(({ opcode }) => opcode === 8 || kinds[opcode]).map(({ opcode, payload }) => {
    if (opcode !== 8) return shown(kinds[opcode], payload);
    return `close:${payload.length >= 2 ? payload.readUInt16BE(0) : 1005}`;
  });
}

const endsClosed = (answers) => answers.length > 0 && answers[answers.length - 1].startsWith('close:');

module.exports = { readCorpus, encodeFrames, frame, readFrames, answersOf, endsClosed, shown };
