// Clients that sign who they are, by openid-client: client_secret_jwt, and private_key_jwt with every algorithm.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as jose from 'jose'
import * as openid from 'openid-client'
import { register } from './manage.js'
import { ISSUER } from './support.js'

async function works(client, authentication) {
  const execute = [openid.allowInsecureRequests]
  const config = await openid.discovery(new URL(ISSUER), client.client_id, undefined, authentication, { execute })
  const tokens = await openid.clientCredentialsGrant(config, { scope: 'items:read' })
  assert.equal(jose.decodeJwt(tokens.access_token).client_id, client.client_id)
  // It is no resource server, so that it learns nothing; but it has authenticated.
  assert.equal((await openid.tokenIntrospection(config, tokens.access_token)).active, false)
  await openid.tokenRevocation(config, tokens.access_token)
}

test('client_secret_jwt', async () => {
  const client = await register('client_secret_jwt', { token_endpoint_auth_signing_alg: 'HS256' })
  await works(client, openid.ClientSecretJwt(client.client_secret))
  await assert.rejects(works(client, openid.ClientSecretJwt('another-secret-of-32-characters-x')), { error: 'invalid_client' })
})

for (const alg of ['RS256', 'PS256', 'ES256', 'Ed25519']) {
  test(`private_key_jwt with ${alg}`, async () => {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true })
    const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'one', use: 'sig' }
    const client = await register('private_key_jwt', { jwks: { keys: [jwk] } })
    assert.equal(client.client_secret, undefined)
    await works(client, openid.PrivateKeyJwt({ key: privateKey, kid: 'one' }))
    const other = await jose.generateKeyPair(alg)
    await assert.rejects(works(client, openid.PrivateKeyJwt({ key: other.privateKey, kid: 'one' })), { error: 'invalid_client' })
  })
}
