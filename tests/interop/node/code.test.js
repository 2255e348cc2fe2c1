// The code flow with PKCE by openid-client, for a confidential and for a public client.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as openid from 'openid-client'
import { Browser } from './browser.js'
import { ALICE, CALLBACKS, ISSUER, discover, remoteKeys, request, signIn, verify } from './support.js'

for (const clientId of Object.keys(CALLBACKS)) {
  test(`${clientId} signs alice in, reads her claims and refreshes`, async () => {
    const config = await discover(clientId)
    const { browser, tokens } = await signIn(clientId, config, { prompt: 'consent' })
    assert.deepEqual(browser.visited, ['/login', '/consent'])

    const idToken = tokens.claims()
    assert.equal(idToken.iss, ISSUER)
    assert.equal(idToken.aud, clientId)
    const { payload } = await verify(tokens.access_token, remoteKeys(config))
    assert.equal(payload.sub, idToken.sub)
    assert.equal(payload.client_id, clientId)

    const person = await openid.fetchUserInfo(config, tokens.access_token, idToken.sub)
    assert(person.name && person.email)

    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token)
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
    assert.equal(refreshed.claims().sub, idToken.sub)
    assert.notEqual((await verify(refreshed.access_token, remoteKeys(config))).payload.jti, payload.jti)
  })
}

test('the answer names its issuer, so that openid-client refuses a mixed-up one', async () => {
  const config = await discover('demo-web')
  const { url, checks } = await request('demo-web', config)
  const callback = await new Browser(ISSUER).open(url, ALICE)
  assert.equal(callback.searchParams.get('iss'), ISSUER)

  for (const issuer of ['http://localhost:9', null]) {
    const mixedUp = new URL(callback)
    if (issuer) mixedUp.searchParams.set('iss', issuer)
    else mixedUp.searchParams.delete('iss')
    await assert.rejects(openid.authorizationCodeGrant(config, mixedUp, checks), ({ cause }) => /"iss"/.test(cause.message))
  }
  assert((await openid.authorizationCodeGrant(config, callback, checks)).access_token)
})

test('a code is worth nothing without its verifier', async () => {
  const config = await discover('demo-spa')
  const { url, checks } = await request('demo-spa', config)
  const callback = await new Browser(ISSUER).open(url, ALICE)
  const stolen = { ...checks, pkceCodeVerifier: openid.randomPKCECodeVerifier() }
  await assert.rejects(openid.authorizationCodeGrant(config, callback, stolen), { error: 'invalid_grant' })
})

test('a machine gets a token for the scopes that it asks for', async () => {
  const config = await discover('demo-m2m')
  const tokens = await openid.clientCredentialsGrant(config, { scope: 'items:read items:write' })
  const { payload } = await verify(tokens.access_token, remoteKeys(config))
  assert.deepEqual(payload.scope.split(' ').sort(), ['items:read', 'items:write'])
  assert.equal(payload.client_id, 'demo-m2m')
})
