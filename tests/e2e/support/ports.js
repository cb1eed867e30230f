'use strict';
// Ports on the loopback for servers under test. Scripts run side by side, and a server keeps its port over restarts, so
// each port belongs to one script for as long as that runs; a mark in a shared folder says whose it is.

const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

// Below those the kernel gives to clients (32768 upwards on Linux), which would take a port while its server is down.
const FIRST = 10000;
const BEHIND_LAST = 32000;

const folder = path.join(os.tmpdir(), `libexec-ports-${process.getuid()}`);
const claimed = [];

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

// Nothing when its script has just taken it away.
function readMark(mark) {
  try {
    return fs.readFileSync(mark, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return '';
  }
}

// False when it is another script's. A mark whose script was killed is taken away for whoever comes next.
function claim(port) {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const mark = path.join(folder, String(port));
  try {
    fs.writeFileSync(mark, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const holder = Number(readMark(mark));
    if (holder > 0 && !isAlive(holder)) fs.rmSync(mark, { force: true });
    return false;
  }
  if (claimed.length === 0) process.once('exit', () => claimed.forEach(release));
  claimed.push(port);
  return true;
}

function release(port) { fs.rmSync(path.join(folder, String(port)), { force: true }); }

function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

// The first of `count` ports in a row, this script's until it ends.
async function freePort(count = 1) {
  for (;;) {
    const first = FIRST + Math.floor(Math.random() * (BEHIND_LAST - FIRST - count));
    const ports = Array.from({ length: count }, (_, i) => first + i);
    if (!ports.every(claim)) continue;
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
}

module.exports = { freePort, claim };
