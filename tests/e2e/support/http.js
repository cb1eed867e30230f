'use strict';
// HTTP, HTTPS and server-sent events with nothing but Node's own client.

const http = require('node:http');
const https = require('node:https');

const speaker = (url) => (url.startsWith('https:') ? https : http);

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// What the promise gives, or null when it takes longer. Leaves no timer behind that would keep the process alive.
async function within(ms, promise) {
  let timer;
  const late = new Promise((resolve) => { timer = setTimeout(() => resolve(null), ms); });
  try { return await Promise.race([promise, late]); } finally { clearTimeout(timer); }
}

// {status, headers, text, json}; rejects when no whole answer came.
function request(url, { method = 'GET', body, headers = {}, agent, ca, timeout = 15000 } = {}) {
  return new Promise((resolve, reject) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const all = { ...headers };
    if (text !== undefined) {
      if (!('Content-Type' in all)) all['Content-Type'] = 'application/json';
      all['Content-Length'] = Buffer.byteLength(text);
    }
    const call = speaker(url).request(url, { method, headers: all, agent, ca }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('aborted', () => reject(new Error('the answer broke off')));
      answer.on('end', () => {
        const whole = Buffer.concat(pieces).toString('utf8');
        let json = null;
        try { json = JSON.parse(whole); } catch (error) { /* not JSON */ }
        resolve({ status: answer.statusCode, headers: answer.headers, text: whole, json });
      });
    });
    call.setTimeout(timeout, () => call.destroy(new Error(`no answer within ${timeout} ms`)));
    call.on('error', reject);
    call.end(text);
  });
}

// Reads an event stream until its end: {status, messages: [{id, data}], ended}. `stopAfter` messages hang up.
// With `patience` it hangs up after so many milliseconds without a byte.
function readEventStream(url, { headers = {}, ca, stopAfter = Infinity, patience = 0 } = {}) {
  return new Promise((resolve, reject) => {
    const messages = [];
    const call = speaker(url).get(url, { ca, headers: { Accept: 'text/event-stream', ...headers } }, (answer) => {
      const done = (ended) => {
        resolve({ status: answer.statusCode, contentType: answer.headers['content-type'], messages, ended });
        call.destroy();
      };
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece) => {
        text += piece;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const message = {};
          for (const line of text.slice(0, end).split('\n')) {
            if (line.startsWith('id: ')) message.id = line.slice(4);
            if (line.startsWith('data: ')) message.data = JSON.parse(line.slice(6));
          }
          text = text.slice(end + 2);
          if (message.data) messages.push(message);
          if (messages.length >= stopAfter) { done(false); return; }
        }
      });
      answer.on('end', () => done(true));
      answer.on('error', () => done(false));  // it broke off: what has come counts
    });
    if (patience > 0) call.setTimeout(patience, () => call.destroy(new Error(`no byte within ${patience} ms`)));
    call.on('error', reject);
  });
}

module.exports = { request, readEventStream, sleep, within };
