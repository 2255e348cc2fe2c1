// ID tokens and userinfo that are encrypted for a client: jose, and openid-client with jose's keys, read them by every algorithm.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as jose from 'jose'
import * as openid from 'openid-client'
import { Browser } from './browser.js'
import { register } from './manage.js'
import { ALICE, ISSUER, remoteKeys, request } from './support.js'

const CALLBACK = 'http://localhost:3000/callback'
const document = await (await fetch(`${ISSUER}/.well-known/openid-configuration`)).json()
const encs = document.id_token_encryption_enc_values_supported
assert.deepEqual(encs, ['A128CBC-HS256', 'A128GCM', 'A256GCM'])
assert.deepEqual(document.id_token_encryption_alg_values_supported, ['RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A256KW'])

/** A client with an encryption key of its own; `go` signs alice in. */
async function prepare(alg, key, more) {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true, ...key })
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'one', use: 'enc' }
  const client = await register('client_secret_basic', {
    grant_types: ['authorization_code'],
    redirect_uris: [CALLBACK],
    scope: 'openid email',
    first_party: true,
    jwks: { keys: [jwk] },
    id_token_encrypted_response_alg: alg,
    userinfo_encrypted_response_alg: alg,
    ...more,
  })
  const execute = [openid.allowInsecureRequests, openid.enableNonRepudiationChecks]
  const metadata = { id_token_signed_response_alg: more.id_token_signed_response_alg, userinfo_signed_response_alg: more.userinfo_signed_response_alg }
  const config = await openid.discovery(new URL(ISSUER), client.client_id, metadata, openid.ClientSecretBasic(client.client_secret), { execute })
  if (key.crv !== 'P-384') openid.enableDecryptingResponses(config, encs, { key: privateKey, alg, kid: 'one' })
  const go = async () => {
    const { url, checks } = await request(client.client_id, config, { redirect_uri: CALLBACK, scope: 'openid email' })
    return { callback: await new Browser(ISSUER).open(url, ALICE), checks }
  }
  return { client, config, privateKey, go }
}

/** What the server says by itself, unread. */
async function redeem(client, { callback, checks }) {
  const form = { grant_type: 'authorization_code', code: callback.searchParams.get('code'), redirect_uri: CALLBACK, code_verifier: checks.pkceCodeVerifier }
  const headers = { authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}` }
  const answer = await fetch(document.token_endpoint, { method: 'POST', body: new URLSearchParams(form), headers })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}

/** The answer of userinfo, unread. */
async function userinfo(tokens) {
  return (await fetch(document.userinfo_endpoint, { headers: { authorization: `Bearer ${tokens.access_token}` } })).text()
}

const kinds = [
  ['RSA-OAEP-256', { modulusLength: 2048 }],
  ['ECDH-ES', { crv: 'P-256' }],
  ['ECDH-ES', { crv: 'P-384' }],
  ['ECDH-ES', { crv: 'X25519' }],
  ['ECDH-ES+A256KW', { crv: 'P-256' }],
  ['ECDH-ES+A256KW', { crv: 'P-384' }],
  ['ECDH-ES+A256KW', { crv: 'X25519' }],
]

for (const [alg, key] of kinds) {
  for (const enc of encs) {
    test(`${alg} ${key.crv ?? ''} ${enc} is read by its client`, async () => {
      const { client, config, privateKey, go } = await prepare(alg, key, {
        id_token_signed_response_alg: 'ES256',
        id_token_encrypted_response_enc: enc,
        userinfo_signed_response_alg: 'PS256',
        userinfo_encrypted_response_enc: enc,
      })
      const options = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] }
      const expected = { issuer: ISSUER, audience: client.client_id }
      const read = async (jwe, signed) => {
        const { plaintext, protectedHeader } = await jose.compactDecrypt(jwe, privateKey, options)
        assert.deepEqual([protectedHeader.alg, protectedHeader.enc, protectedHeader.kid, protectedHeader.cty], [alg, enc, 'one', 'JWT'])
        return (await jose.jwtVerify(plaintext, remoteKeys(config), { ...expected, algorithms: [signed] })).payload
      }
      const tokens = await redeem(client, await go())
      const jwe = await userinfo(tokens)
      const [idToken, person] = [await read(tokens.id_token, 'ES256'), await read(jwe, 'PS256')]
      assert.equal(person.email, 'alice@example.com')
      assert.equal(person.sub, idToken.sub)
      const other = await jose.generateKeyPair(alg, { ...key })
      await assert.rejects(jose.compactDecrypt(jwe, other.privateKey, options))

      if (key.crv === 'P-384') return // openid-client does not know it.
      const { callback, checks } = await go()
      const theirs = await openid.authorizationCodeGrant(config, callback, checks)
      assert.equal(theirs.claims().sub, idToken.sub)
      assert.equal((await openid.fetchUserInfo(config, theirs.access_token, idToken.sub)).email, person.email)
    })
  }
}

test('userinfo that is only encrypted is JSON inside', async () => {
  const { client, privateKey, go } = await prepare('ECDH-ES', { crv: 'P-256' }, { id_token_encrypted_response_alg: null })
  const { plaintext, protectedHeader } = await jose.compactDecrypt(await userinfo(await redeem(client, await go())), privateKey)
  assert.deepEqual([protectedHeader.enc, protectedHeader.cty], ['A128CBC-HS256', undefined])
  assert.equal(JSON.parse(new TextDecoder().decode(plaintext)).email, 'alice@example.com')
})
