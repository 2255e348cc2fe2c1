// ID tokens and userinfo by every algorithm that is offered: openid-client signs alice in, jose verifies by the published keys.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as jose from 'jose'
import * as openid from 'openid-client'
import { ISSUER, remoteKeys, request } from './support.js'
import { Browser } from './browser.js'
import { register } from './manage.js'

const ALICE = { username: 'alice', password: 'wonderland' }
const CALLBACK = 'http://localhost:3000/callback'
const offered = (await (await fetch(`${ISSUER}/.well-known/openid-configuration`)).json()).id_token_signing_alg_values_supported
assert.deepEqual(offered, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'])

for (const alg of offered) {
  test(`${alg} is verified by the published keys`, async () => {
    const client = await register('client_secret_basic', {
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [CALLBACK],
      scope: 'openid email',
      first_party: true,
      id_token_signed_response_alg: alg,
      userinfo_signed_response_alg: alg,
    })
    const execute = [openid.allowInsecureRequests, openid.enableNonRepudiationChecks]
    const metadata = { id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg }
    const authentication = openid.ClientSecretBasic(client.client_secret)
    const config = await openid.discovery(new URL(ISSUER), client.client_id, metadata, authentication, { execute })
    const { url, checks } = await request(client.client_id, config, { redirect_uri: CALLBACK, scope: 'openid email' })
    const tokens = await openid.authorizationCodeGrant(config, await new Browser(ISSUER).open(url, ALICE), checks)

    const expected = { issuer: ISSUER, audience: client.client_id, algorithms: [alg] }
    const idToken = await jose.jwtVerify(tokens.id_token, remoteKeys(config), { ...expected, typ: 'JWT' })
    assert.equal(idToken.payload.sub, tokens.claims().sub)
    const others = offered.filter((other) => other !== alg)
    await assert.rejects(jose.jwtVerify(tokens.id_token, remoteKeys(config), { ...expected, algorithms: others }))

    const person = await openid.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
    assert.equal(person.email, 'alice@example.com')
    const answer = await fetch(config.serverMetadata().userinfo_endpoint, { headers: { authorization: `Bearer ${tokens.access_token}` } })
    assert.equal(answer.headers.get('content-type'), 'application/jwt')
    assert.equal((await jose.jwtVerify(await answer.text(), remoteKeys(config), expected)).payload.email, person.email)

    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token)
    await jose.jwtVerify(refreshed.id_token, remoteKeys(config), expected)
  })
}
