'use strict';
// A PostgreSQL server of a test's own; gone with this process.

const { execFile } = require('node:child_process');
const path = require('node:path');
const { Skip } = require('./suite');

const SCRIPT = path.join(__dirname, '..', '..', 'support', 'postgres.sh');
const NO_SERVER = 3;

function run(...words) {
  return new Promise((resolve, reject) => {
    execFile(SCRIPT, words, { timeout: 60000 }, (error, out, err) => {
      if (error && error.code === NO_SERVER) reject(new Skip(err.trim()));
      else if (error) reject(new Error(`postgres.sh ${words.join(' ')}: ${err}`));
      else resolve(out);
    });
  });
}

class Postgres {
  // Starts one for the test that `place` belongs to.
  static async start(place) {
    const [folder, url] = (await run('start', String(process.pid))).trim().split('\n');
    const server = new Postgres(folder, url);
    place.atEnd(() => run('remove', folder));
    return server;
  }
  constructor(folder, url) {
    this.folder = folder;
    this.url = url;
  }
  // As a crash would.
  stop() { return run('stop', this.folder); }
  startAgain() { return run('again', this.folder); }
}

module.exports = { Postgres };
