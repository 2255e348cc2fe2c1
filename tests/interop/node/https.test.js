// openid-client over https, by an authority that Node is told to believe (NODE_EXTRA_CA_CERTS): sign-in, renewal, logout, the hybrid flow,
// and a client that signs who it is.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as jose from 'jose'
import * as openid from 'openid-client'
import { Browser } from './browser.js'
import { ALICE } from './support.js'

const ISSUER = process.env.CLAVIGER_TEST_HTTPS_ISSUER
assert(ISSUER?.startsWith('https://'), 'set CLAVIGER_TEST_HTTPS_ISSUER to what tests/interop/https/serve serves')

const WEB = { id: 'demo-web', authentication: openid.ClientSecretBasic('demo-web-secret'), redirect_uri: 'http://localhost:3000/callback' }
const HYBRID = {
  id: 'interop-hybrid',
  authentication: openid.ClientSecretBasic('a-secret-that-only-the-interop-suites-know'),
  redirect_uri: 'https://app.example.com/callback',
}
const SIGNED_OUT = 'http://localhost:3000/'

const discover = ({ id, authentication }) =>
  openid.discovery(new URL(ISSUER), id, undefined, authentication, { execute: [openid.enableNonRepudiationChecks] })

/** What comes back to the client of an authorization request, and the checks that it must pass. */
async function ask(client, config, browser, parameters = {}) {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const checks = { pkceCodeVerifier, expectedState: openid.randomState(), expectedNonce: openid.randomNonce() }
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: client.redirect_uri,
    scope: 'openid profile email',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  })
  const callback = await browser.open(url, ALICE)
  assert.equal(callback.origin + callback.pathname, client.redirect_uri)
  return { callback, checks }
}

test('alice signs in, renews, and logs out', async () => {
  const config = await discover(WEB)
  const browser = new Browser(ISSUER)
  const { callback, checks } = await ask(WEB, config, browser, { prompt: 'consent' })
  assert.deepEqual(browser.visited, ['/login', '/consent'])
  const tokens = await openid.authorizationCodeGrant(config, callback, checks)
  const { iss, sub } = tokens.claims()
  assert.equal(iss, ISSUER)
  assert.equal((await openid.fetchUserInfo(config, tokens.access_token, sub)).email, 'alice@example.com')

  const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token)
  assert.notEqual(renewed.access_token, tokens.access_token)
  assert.equal(renewed.claims().sub, sub)
  assert((await ask(WEB, config, browser, { prompt: 'none' })).callback.searchParams.has('code'))

  const leave = { id_token_hint: renewed.id_token, post_logout_redirect_uri: SIGNED_OUT, state: openid.randomState() }
  const returned = await browser.open(openid.buildEndSessionUrl(config, leave))
  assert.equal(returned.href, `${SIGNED_OUT}?${new URLSearchParams({ state: leave.state })}`)
  assert.equal((await ask(WEB, config, browser, { prompt: 'none' })).callback.searchParams.get('error'), 'login_required')
  await assert.rejects(openid.refreshTokenGrant(config, renewed.refresh_token), { error: 'invalid_grant' })
})

test('a code comes with an ID token that binds it (response type code id_token)', async () => {
  const config = await discover(HYBRID)
  openid.useCodeIdTokenResponseType(config)
  const { callback, checks } = await ask(HYBRID, config, new Browser(ISSUER))
  assert.equal(callback.search, '')
  const answer = new URLSearchParams(callback.hash.slice(1))
  assert(answer.has('code') && !answer.has('access_token'))

  // openid-client compares c_hash and nonce.
  const mixedUp = new URL(callback)
  mixedUp.hash = new URLSearchParams({ ...Object.fromEntries(answer), code: `${answer.get('code')}x` })
  await assert.rejects(openid.authorizationCodeGrant(config, mixedUp, checks), ({ cause }) => /c_hash/.test(cause?.message))
  const tokens = await openid.authorizationCodeGrant(config, callback, checks)
  assert.equal(tokens.claims().sub, jose.decodeJwt(answer.get('id_token')).sub)
})

test('an ID token comes alone (response type id_token)', async () => {
  const config = await discover(HYBRID)
  openid.useIdTokenResponseType(config)
  const nonce = openid.randomNonce()
  const { callback, checks } = await ask(HYBRID, config, new Browser(ISSUER), { nonce, response_type: 'id_token' })
  const claims = await openid.implicitAuthentication(config, callback, nonce, { expectedState: checks.expectedState })
  assert.equal(claims.email, 'alice@example.com')
})

test('a machine proves who it is by its key (private_key_jwt)', async () => {
  const { publicKey, privateKey } = await jose.generateKeyPair('ES256')
  const client_id = `interop-${crypto.randomUUID()}`
  await register({
    client_id,
    client_name: 'Interop',
    grant_types: ['client_credentials'],
    scope: 'items:read',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...(await jose.exportJWK(publicKey)), kid: 'one', use: 'sig' }] },
  })
  const config = await discover({ id: client_id, authentication: openid.PrivateKeyJwt({ key: privateKey, kid: 'one' }) })
  const { access_token } = await openid.clientCredentialsGrant(config, { scope: 'items:read' })
  const keys = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri))
  const { payload } = await jose.jwtVerify(access_token, keys, { issuer: ISSUER, typ: 'at+jwt' })
  assert.equal(payload.client_id, client_id)
  const other = await jose.generateKeyPair('ES256')
  const stranger = await discover({ id: client_id, authentication: openid.PrivateKeyJwt({ key: other.privateKey, kid: 'one' }) })
  await assert.rejects(openid.clientCredentialsGrant(stranger), { error: 'invalid_client' })
})

/** Registers a client by the management API, as alice. */
async function register(client) {
  const docs = await discover({ id: 'claviger-docs', authentication: openid.None() })
  const tokens = await openid.genericGrantRequest(docs, 'password', { ...ALICE, scope: 'clients:write' })
  const answer = await openid.fetchProtectedResource(
    docs,
    tokens.access_token,
    new URL(`${ISSUER}/api/v1/clients`),
    'POST',
    JSON.stringify(client),
    new Headers({ 'content-type': 'application/json' }),
  )
  assert.equal(answer.status, 201, await answer.text())
}
