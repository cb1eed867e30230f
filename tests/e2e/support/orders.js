'use strict';
// What a client of execd does: submit, read, follow.

const WebSocket = require('ws');
const { request, sleep } = require('./http');

const TERMINAL = new Set(['confirmed', 'failed', 'cancelled', 'expired']);
const isTerminal = (event) => event.kind === 'moved' && TERMINAL.has(event.status);

const swap = (fields = {}) => ({ type: 'market', tokenIn: 'SOL', tokenOut: 'USDC', amountIn: '1', ...fields });

async function submit(url, body, headers = {}, agent) {
  return request(`${url}/api/orders/execute`, { method: 'POST', body, headers, agent });
}

async function submitOk(url, body, headers, agent) {
  const answer = await submit(url, body, headers, agent);
  if (answer.status !== 202) throw new Error(`submit was answered ${answer.status}: ${answer.text}`);
  return answer.json.orderId;
}

async function readOrder(url, id, agent) {
  const answer = await request(`${url}/api/orders/${id}`, { agent });
  if (answer.status !== 200) throw new Error(`order ${id} was answered ${answer.status}: ${answer.text}`);
  return answer.json.order;
}

async function readEvents(url, id, agent) {
  const answer = await request(`${url}/api/orders/${id}/events`, { agent });
  if (answer.status !== 200) throw new Error(`events of ${id} were answered ${answer.status}: ${answer.text}`);
  return answer.json.events;
}

async function waitForEnd(url, id, { agent, withinMs = 60000, everyMs = 50 } = {}) {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const order = await readOrder(url, id, agent);
    if (TERMINAL.has(order.status)) return order;
    if (Date.now() > giveUpAt) throw new Error(`order ${id} is still ${order.status} after ${withinMs} ms`);
    await sleep(everyMs);
  }
}

// Follows one socket to its close: {messages, code, reason}. A handshake that is refused: {refused: status}.
function followSocket(url, { onMessage = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const messages = [];
    const socket = new WebSocket(url);
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString());
      messages.push(message);
      onMessage(message, socket);
    });
    socket.on('close', (code, reason) => resolve({ messages, code, reason: reason.toString() }));
    socket.on('unexpected-response', (call, answer) => {
      resolve({ refused: answer.statusCode, messages });
      call.destroy();
    });
    socket.on('error', (error) => {
      // After a refusal or a break the socket closes as well, which is the answer; before a connection it does not.
      if (socket.readyState === WebSocket.CONNECTING) reject(error);
    });
  });
}

// The events in what a socket sent: a snapshot's log first, then one message each.
function eventsIn(messages) {
  return messages.flatMap((message) => (message.logs ? message.logs : [message]));
}

// Runs `work(item, index)` over all items, `width` at a time.
async function inParallel(items, width, work) {
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      await work(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}

module.exports = {
  TERMINAL, isTerminal, swap, submit, submitOk, readOrder, readEvents, waitForEnd, followSocket, eventsIn,
  inParallel,
};
