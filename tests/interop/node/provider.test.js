// npm oidc-provider as the other identity provider: people sign in there and are let in here, by what a second implementation of
// OpenID Connect publishes, signs and answers.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import Provider from 'oidc-provider'
import * as openid from 'openid-client'
import { Browser } from './browser.js'
import { discover, ISSUER, request } from './support.js'

const { CLAVIGER_TEST_BIN, CLAVIGER_TEST_DATA } = process.env
assert(CLAVIGER_TEST_BIN && CLAVIGER_TEST_DATA, 'set CLAVIGER_TEST_BIN to the binary and CLAVIGER_TEST_DATA to the data folder of its `dev`')

const SECRET = 'a-secret-that-two-servers-share-and-nobody-else-knows'
const CALLBACK = `${ISSUER}/login/callback/node`

let server, folder, there
const asked = [] // the parameters of each authorization request

before(async () => {
  server = createServer()
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  there = `http://localhost:${server.address().port}`
  const provider = new Provider(there, {
    clients: [{ client_id: 'claviger', client_secret: SECRET, redirect_uris: [CALLBACK] }],
    claims: { openid: ['sub', 'acr', 'amr'], profile: ['name', 'nickname', 'preferred_username'], email: ['email', 'email_verified'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, name: 'Ada Lovelace', nickname: 'Ada', preferred_username: 'ada', email: 'ada@example.org', email_verified: true }),
    }),
    // Everybody allows everything.
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId })
      grant.addOIDCScope('openid profile email')
      await grant.save()
      return grant
    },
  })
  const callback = provider.callback()
  server.on('request', async (request, response) => {
    const url = new URL(request.url, there)
    if (!url.pathname.startsWith('/interaction/')) return callback(request, response)
    // Ada signs in at once, unless she is called by another name: then she turns back.
    const { params } = await provider.interactionDetails(request, response)
    asked.push(params)
    const result =
      params.login_hint === 'nobody' ? { error: 'access_denied' } : { login: { accountId: 'ada', amr: ['hwk'], acr: 'urn:example:silver' } }
    await provider.interactionFinished(request, response, result)
  })

  folder = await mkdtemp(join(tmpdir(), 'claviger-provider-'))
  const file = join(folder, 'provider.toml')
  const declared = `[[provider]]\nname = "node"\nkind = "oidc"\nissuer = "${there}"\nclient_id = "claviger"\nclient_secret = "${SECRET}"
create_accounts = true\nallowed_private_hosts = ["localhost"]\n`
  await writeFile(file, declared)
  await promisify(execFile)(CLAVIGER_TEST_BIN, ['apply', file, '--data', CLAVIGER_TEST_DATA])
})

after(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  await rm(folder, { recursive: true, force: true })
})

/** From the authorization request through the other provider to whatever comes of it. */
async function passThrough(parameters) {
  const config = await discover('demo-spa')
  const { url, checks } = await request('demo-spa', config, { provider: 'node', ...parameters })
  const browser = new Browser(ISSUER)
  // A change that another process made counts within a second.
  let away
  for (let attempt = 0; attempt < 50; attempt++) {
    away = await browser.open(url).catch(() => undefined)
    if (away) break
    await new Promise((done) => setTimeout(done, 100))
  }
  assert.equal(away?.origin, there)
  const back = await new Browser(there).open(away)
  assert.equal(back.origin + back.pathname, CALLBACK)
  return { browser, back, config, checks, away }
}

test('ada signs in there and gets an account and tokens here', async () => {
  const { browser, back, config, checks, away } = await passThrough({ login_hint: 'ada', prompt: 'login', max_age: '600' })
  assert.equal(away.searchParams.get('code_challenge_method'), 'S256')
  const tokens = await openid.authorizationCodeGrant(config, await browser.open(back), checks)
  const claims = tokens.claims()
  assert.equal(claims.idp, 'node')
  assert.deepEqual(claims.amr, ['fed', 'hwk'])
  assert.equal(claims.acr, 'urn:example:silver')
  assert.equal(asked.at(-1).login_hint, 'ada')
  const told = await openid.fetchUserInfo(config, tokens.access_token, claims.sub)
  assert.equal(told.name, 'Ada Lovelace')
  assert.equal(told.email, 'ada@example.org')
  assert.equal(told.email_verified, true)

  const again = await passThrough({})
  const second = await openid.authorizationCodeGrant(again.config, await again.browser.open(again.back), again.checks)
  assert.equal(second.claims().sub, claims.sub, 'the same person')
})

test('who refuses there is on our login page, and nobody is in', async () => {
  const { browser, back } = await passThrough({ login_hint: 'nobody' })
  await assert.rejects(browser.open(back), /answered 400/)
})
