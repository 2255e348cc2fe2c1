// A rotation of the signing key is noticed by nobody: verifiers that cache the keys, with the settings that they come with
// (jose asks again for an unknown key after 30 seconds, openid-client after 60), meet no unknown key.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import * as jose from 'jose'
import * as openid from 'openid-client'
import { discover, remoteKeys, signIn, verify } from './support.js'

const { CLAVIGER_TEST_BIN, CLAVIGER_TEST_DATA } = process.env
assert(CLAVIGER_TEST_BIN && CLAVIGER_TEST_DATA, 'set CLAVIGER_TEST_BIN to the binary and CLAVIGER_TEST_DATA to the data folder of its `dev`')

const kid = (token) => jose.decodeProtectedHeader(token).kid

test('a rotation of the signing key breaks no verifier and no session', async () => {
  const config = await discover('demo-spa')
  const { tokens: before } = await signIn('demo-spa', config)
  const keys = remoteKeys(config)
  await verify(before.access_token, keys)

  await promisify(execFile)(CLAVIGER_TEST_BIN, ['keys', 'rotate', '--data', CLAVIGER_TEST_DATA])
  const token = await machineTokenNotSignedBy(kid(before.access_token))

  await verify(token, keys) // by the keys that were fetched before
  await verify(before.access_token, keys)
  await verify(before.access_token, remoteKeys(config)) // the old key is still published
  await verify(token, remoteKeys(config))

  const after = await openid.refreshTokenGrant(config, before.refresh_token)
  assert.equal(kid(after.access_token), kid(token))
  assert.equal(kid(after.id_token), kid(token))
  assert.equal(after.claims().sub, before.claims().sub)
  await verify(after.access_token, keys)
})

/** Asks for tokens until the running server signs with another key. */
async function machineTokenNotSignedBy(oldKid) {
  const config = await discover('demo-m2m')
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await setTimeout(100)) {
    const { access_token: token } = await openid.clientCredentialsGrant(config)
    if (kid(token) !== oldKid) return token
  }
  assert.fail(`30 seconds after the rotation, tokens are still signed by ${oldKid}`)
}
