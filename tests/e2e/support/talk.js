'use strict';
// A WebSocket one talks to and listens to, and a connection that sends exactly the bytes it is told to.

const net = require('node:net');
const WebSocket = require('ws');
const { within } = require('./http');

const PATIENCE_MS = 15000;

class Talk {
  // `messages` is everything that came, in order; `next` hands each out once.
  constructor(url, options = {}) {
    this.messages = [];
    this.read = 0;
    this.wake = () => {};
    this.socket = new WebSocket(url, options);
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('unexpected-response', (call, answer) => {
        let text = '';
        answer.on('data', (piece) => { text += piece; });
        answer.on('end', () => reject(Object.assign(new Error(`refused with ${answer.statusCode}`),
          { status: answer.statusCode, headers: answer.headers, json: JSON.parse(text || 'null') })));
      });
      this.socket.once('error', reject);
    });
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => { this.wake(); resolve({ code, reason: reason.toString() }); });
    });
    this.socket.on('message', (data) => {
      this.messages.push(JSON.parse(data.toString()));
      this.wake();
    });
  }

  static async open(url, options) {
    const talk = new Talk(url, options);
    await talk.opened;
    return talk;
  }

  // The refusal of a handshake: {status, headers, json}.
  static async refusal(url, options) {
    const talk = new Talk(url, options);
    try {
      await talk.opened;
    } catch (error) {
      if (error.status) return error;
      throw error;
    }
    talk.socket.terminate();
    throw new Error(`${url} was not refused`);
  }

  say(what) { this.socket.send(typeof what === 'string' || Buffer.isBuffer(what) ? what : JSON.stringify(what)); }

  // The next message that `wanted` takes; those before it are skipped.
  async next(wanted = () => true, patienceMs = PATIENCE_MS) {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      while (this.read < this.messages.length) {
        const message = this.messages[this.read++];
        if (wanted(message)) return message;
      }
      if (this.socket.readyState >= WebSocket.CLOSING) throw new Error('the socket closed before the message came');
      const left = giveUpAt - Date.now();
      if (left <= 0) throw new Error(`no such message within ${patienceMs} ms`);
      await within(left, new Promise((resolve) => { this.wake = resolve; }));
    }
  }
  // The next message that is the answer to something said, and no event.
  nextAnswer() { return this.next((message) => 'success' in message); }

  async hangUp() {
    this.socket.close();
    await this.closed;
  }
}

// Sends `text` and gives back what comes until `enough` is satisfied, the other side ends, or patience does.
function rawExchange(port, text, enough = () => false, patienceMs = PATIENCE_MS) {
  return new Promise((resolve, reject) => {
    let came = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    const timer = setTimeout(() => finish(), patienceMs);
    const finish = () => { clearTimeout(timer); socket.destroy(); resolve(came); };
    socket.setEncoding('latin1');
    socket.on('data', (piece) => {
      came += piece;
      if (enough(came, socket)) finish();
    });
    socket.on('end', finish);
    socket.on('error', (error) => {
      clearTimeout(timer);
      if (came) resolve(came); else reject(error);
    });
  });
}

module.exports = { Talk, rawExchange };
