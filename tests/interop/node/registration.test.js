// openid-client registers itself, by an initial access token, and works as what it registered; then it looks after its registration (RFC 7592).

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import * as openid from 'openid-client'
import { Browser } from './browser.js'
import { ALICE, ISSUER } from './support.js'

const { CLAVIGER_TEST_BIN, CLAVIGER_TEST_DATA } = process.env
assert(CLAVIGER_TEST_BIN && CLAVIGER_TEST_DATA, 'set CLAVIGER_TEST_BIN to the binary and CLAVIGER_TEST_DATA to the data folder of its `dev`')

const CALLBACK = 'https://stranger.example/callback'

async function initialAccessToken() {
  const add = ['initial-access-tokens', 'add', 'interop', '--data', CLAVIGER_TEST_DATA]
  const { stdout } = await promisify(execFile)(CLAVIGER_TEST_BIN, add)
  return stdout.trim().split(' ').at(-1)
}

async function register(metadata, initialAccessToken) {
  const options = { initialAccessToken, execute: [openid.allowInsecureRequests] }
  return openid.dynamicClientRegistration(new URL(ISSUER), { redirect_uris: [CALLBACK], ...metadata }, undefined, options)
}

async function signIn(config) {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const checks = { pkceCodeVerifier, expectedState: openid.randomState(), expectedNonce: openid.randomNonce() }
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid profile',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
  })
  const browser = new Browser(ISSUER)
  const callback = await browser.open(url, ALICE)
  assert.deepEqual(browser.visited, ['/login', '/consent'])
  return openid.authorizationCodeGrant(config, callback, checks)
}

for (const [method, authentication] of [
  ['client_secret_basic', openid.ClientSecretBasic],
  ['client_secret_jwt', openid.ClientSecretJwt],
  ['none', openid.None],
]) {
  test(`registration for ${method}`, async () => {
    const metadata = { token_endpoint_auth_method: method, grant_types: ['authorization_code', 'refresh_token'] }
    const registered = await register(metadata, await initialAccessToken())
    const client = registered.clientMetadata()
    const config = new openid.Configuration(registered.serverMetadata(), client.client_id, client, authentication(client.client_secret))
    openid.allowInsecureRequests(config)
    const tokens = await signIn(config)
    assert.equal(tokens.claims().aud, client.client_id)
    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token)
    assert.equal(renewed.claims().sub, tokens.claims().sub)

    const headers = { authorization: `Bearer ${client.registration_access_token}`, 'content-type': 'application/json' }
    const manage = (method, body) => fetch(client.registration_client_uri, { method, headers, body: body && JSON.stringify(body) })
    const seen = await (await manage('GET')).json()
    const { client_secret: shownOnce, ...lasting } = JSON.parse(JSON.stringify(client))
    assert.deepEqual(seen, lasting)
    const update = { client_id: client.client_id, redirect_uris: [CALLBACK], client_name: 'Renamed', token_endpoint_auth_method: method }
    assert.equal((await (await manage('PUT', update)).json()).client_name, 'Renamed')
    assert.equal((await manage('DELETE')).status, 204)
    assert.equal((await manage('GET')).status, 401)
    await assert.rejects(openid.refreshTokenGrant(config, renewed.refresh_token), { status: 401 })
  })
}

test('registration is refused without a token, and with what can not be registered', async () => {
  await assert.rejects(register({}, undefined), { status: 401 })
  const token = await initialAccessToken()
  await assert.rejects(register({ redirect_uris: ['http://stranger.example'] }, token), { error: 'invalid_redirect_uri', status: 400 })
  await assert.rejects(register({ grant_types: ['password'] }, token), { error: 'invalid_client_metadata', status: 400 })
})
