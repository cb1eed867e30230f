'use strict';
// The Postman collection of the documented flows, run by newman against a real execd.

const assert = require('node:assert');
const path = require('node:path');
const newman = require('newman');
const { test, main } = require('./support/suite');

const COLLECTION = path.join(__dirname, '..', '..', 'docs', 'execd.postman_collection.json');

const run = (options) => new Promise((resolve, reject) => {
  newman.run(options, (error, summary) => (error ? reject(error) : resolve(summary)));
});

test('every request of the collection is answered as its tests say', async (place) => {
  const daemon = await place.daemon().start();
  const { run: result } = await run({
    collection: COLLECTION, envVar: [{ key: 'baseUrl', value: daemon.url }], reporters: [], delayRequest: 20,
  });
  const faults = result.failures.map(({ source, error }) => `${source && source.name}: ${error.message}`);
  assert.deepStrictEqual(faults, []);
  assert.ok(result.stats.requests.total >= 20, `${result.stats.requests.total} requests`);
  assert.ok(result.stats.assertions.total >= 35, `${result.stats.assertions.total} checks`);
  console.log(`         ${result.stats.requests.total} requests, ${result.stats.assertions.total} checks`);
});

main();
