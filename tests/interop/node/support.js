// What the tests share: the running issuer, the demo clients, and signing alice in through the pages.

import assert from 'node:assert/strict'
import * as jose from 'jose'
import * as openid from 'openid-client'
import { Browser } from './browser.js'

export const ISSUER = process.env.CLAVIGER_TEST_ISSUER
assert(ISSUER, 'set CLAVIGER_TEST_ISSUER to a running `claviger dev`, e.g. http://localhost:8080')

export const AUDIENCE = 'http://localhost:8000'
export const ALICE = { username: 'alice', password: 'wonderland' }
export const CALLBACKS = { 'demo-web': 'http://localhost:3000/callback', 'demo-spa': 'http://localhost:5173/callback' }

/** openid-client as a demo client, from discovery. It checks the signatures of ID tokens too. */
export async function discover(clientId) {
  const authentication = clientId === 'demo-spa' ? openid.None() : openid.ClientSecretBasic(`${clientId}-secret`)
  const execute = [openid.allowInsecureRequests, openid.enableNonRepudiationChecks]
  return openid.discovery(new URL(ISSUER), clientId, undefined, authentication, { execute })
}

/** The authorization request and the checks that its answer must pass. */
export async function request(clientId, config, parameters = {}) {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const checks = { pkceCodeVerifier, expectedState: openid.randomState(), expectedNonce: openid.randomNonce() }
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACKS[clientId],
    scope: 'openid profile email items:read',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  })
  return { url, checks }
}

/** Signs alice in through the pages and redeems the code. */
export async function signIn(clientId, config, parameters = {}) {
  const browser = new Browser(ISSUER)
  const { url, checks } = await request(clientId, config, parameters)
  const callback = await browser.open(url, ALICE)
  assert.equal(callback.origin + callback.pathname, CALLBACKS[clientId])
  return { browser, tokens: await openid.authorizationCodeGrant(config, callback, checks) }
}

/** A resource server's check of an access token, RFC 9068 §4. */
export async function verify(token, keys) {
  return jose.jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['RS256'] })
}

export function remoteKeys(config) {
  return jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri))
}
