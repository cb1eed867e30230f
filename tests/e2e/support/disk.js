'use strict';
// Disks small enough to be filled.

const assert = require('node:assert');
const fs = require('node:fs');
const { execFileSync } = require('node:child_process');
const { Skip } = require('./suite');

// A small disk in the test's own folder, until its end. Needs root, or a namespace of its own (`unshare -rm`).
function mountTmpfs(place, size) {
  const folder = place.folder('small-disk');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    throw new Skip(`mounting a small disk is not permitted here, run it under 'unshare -rm' (${String(error.stderr || error).trim()})`);
  }
  place.atEnd(() => execFileSync('umount', ['-l', folder]));
  return folder;
}

function fillDisk(path) {
  const file = fs.openSync(path, 'w');
  const piece = Buffer.alloc(4096, 120);
  try { for (;;) fs.writeSync(file, piece); } catch (error) { assert.strictEqual(error.code, 'ENOSPC'); } finally { fs.closeSync(file); }
}

module.exports = { mountTmpfs, fillDisk };
