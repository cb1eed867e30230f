'use strict';
// Several execd on one PostgreSQL and one chain.

const { ChainProcess } = require('./chain_process');
const { Postgres } = require('./postgres');

const LEASE_MS = 1500;

// `settings` override those of a quick world.
async function cluster(place, names, settings = {}) {
  const database = await Postgres.start(place);
  const chain = new ChainProcess(place.folder('chain'), ['--time-scale', '0.05', '--seed', '3', '--log-level', 'warn']);
  place.atEnd(() => chain.kill9());
  await chain.start();
  const nodes = names.map((name) => place.daemon({
    DATABASE_URL: database.url, CHAIN: chain.url, NODE_NAME: name, LEASE_MS: String(LEASE_MS), MOCK_TIME_SCALE: '0.05', MOCK_SEED: '3',
    MOCK_FAILURE_RATE: '0.05', MAX_RETRIES: '12', RETRY_BASE_MS: '50', ORDER_DEADLINE_MS: '300000', LOG_LEVEL: 'warn', ...settings,
  }));
  await Promise.all(nodes.map((node) => node.start()));
  return { database, chain, nodes };
}

module.exports = { cluster };
