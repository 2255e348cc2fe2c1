// RP-initiated logout by openid-client.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as openid from 'openid-client'
import { discover, request, signIn } from './support.js'

const SIGNED_OUT = 'http://localhost:5173/'

test('a logout ends the session and what lived by it', async () => {
  const config = await discover('demo-spa')
  const { browser, tokens } = await signIn('demo-spa', config)
  assert((await silentAnswer(config, browser)).has('code'))

  const state = openid.randomState()
  const parameters = { id_token_hint: tokens.id_token, post_logout_redirect_uri: SIGNED_OUT, state }
  const returned = await browser.open(openid.buildEndSessionUrl(config, parameters))
  assert.equal(returned.href, `${SIGNED_OUT}?${new URLSearchParams({ state })}`)

  assert.equal((await silentAnswer(config, browser)).get('error'), 'login_required')
  await assert.rejects(openid.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' })
  await assert.rejects(openid.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), { status: 401 })
})

test('with offline_access the refresh token outlives the logout', async () => {
  const config = await discover('demo-spa')
  const offline = { scope: 'openid offline_access items:read', prompt: 'consent' }
  const { browser, tokens } = await signIn('demo-spa', config, offline)
  const parameters = { id_token_hint: tokens.id_token, post_logout_redirect_uri: SIGNED_OUT, state: 'bye' }
  await browser.open(openid.buildEndSessionUrl(config, parameters))
  assert((await openid.refreshTokenGrant(config, tokens.refresh_token)).access_token)
})

/** What the issuer answers when it must not show a page. */
async function silentAnswer(config, browser) {
  const { url } = await request('demo-spa', config, { prompt: 'none' })
  return (await browser.open(url)).searchParams
}
