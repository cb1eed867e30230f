'use strict';
// A PostgreSQL server of a test's own; gone with this process.

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { mountTmpfs, fillDisk } = require('./disk');
const { sleep } = require('./http');
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
  // Crashes it and starts it again.
  async restart() {
    await this.stop();
    await this.startAgain();
  }
  // Its first process dies as by kill -9; the others notice, and only then can it be started again.
  async killPostmaster() {
    process.kill(Number(fs.readFileSync(path.join(this.folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL');
    for (let tries = 0; ; tries++) {
      await sleep(100);
      try {
        await this.startAgain();
        return;
      } catch (error) {
        if (tries === 50) throw error;
      }
    }
  }
  sql(text) {
    return new Promise((resolve, reject) => {
      execFile('psql', ['--no-psqlrc', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-d', this.url, '-c', text], { timeout: 20000 }, (error, out, err) => {
        if (error) reject(new Error(`psql: ${err || error}`));
        else resolve(out.trim().split('\n').filter((line) => line));
      });
    });
  }
  // From now on new tables lie on a disk of `size`: {fill(), free()}. Skips where none may be mounted.
  async smallTables(place, size) {
    const disk = mountTmpfs(place, size);
    const folder = path.join(disk, 'tables');
    fs.mkdirSync(folder);
    const { uid, gid } = fs.statSync(path.join(this.folder, 'data'));
    fs.chownSync(folder, uid, gid);
    for (let up = disk; up !== '/tmp' && up !== '/'; up = path.dirname(up)) fs.chmodSync(up, 0o755);
    await this.sql(`create tablespace small location '${folder}'`);
    await this.sql('alter role libexec set default_tablespace = small');
    const filler = path.join(disk, 'filler');
    return { fill: () => fillDisk(filler), free: () => fs.unlinkSync(filler) };
  }
}

module.exports = { Postgres };
