'use strict';
// A certificate for this machine that signs itself, made for the test by the openssl command.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { X509Certificate } = require('node:crypto');

// Writes NAME.pem and NAME.key into the folder: {cert, key, ca, settings}.
function makeCertificate(directory, name = 'server') {
  const cert = path.join(directory, `${name}.pem`);
  const key = path.join(directory, `${name}.key`);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'pipe' });
  fs.chmodSync(key, 0o600);
  const ca = fs.readFileSync(cert, 'utf8');
  return { cert, key, ca, fingerprint: new X509Certificate(ca).fingerprint256, settings: { TLS_CERT: cert, TLS_KEY: key } };
}

module.exports = { makeCertificate };
