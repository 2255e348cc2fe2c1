// Clients of the tests' own, by the management API.

import assert from 'node:assert/strict'
import { ISSUER } from './support.js'

/** The management API, by the client of the documentation for alice. */
export async function manage(path, body) {
  const form = new URLSearchParams({
    grant_type: 'password',
    client_id: 'claviger-docs',
    username: 'alice',
    password: 'wonderland',
    scope: 'clients:write items:read',
  })
  const tokens = await (await fetch(`${ISSUER}/token`, { method: 'POST', body: form })).json()
  const headers = { authorization: `Bearer ${tokens.access_token}`, 'content-type': 'application/json' }
  const answer = await fetch(`${ISSUER}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.equal(answer.status, 201, await answer.clone().text())
  return answer.json()
}

/** A client that authenticates by `method`; a machine's, unless `more` says otherwise. */
export async function register(method, more) {
  const client_id = `interop-${crypto.randomUUID()}`
  return manage('/clients', {
    client_id,
    client_name: 'Interop',
    grant_types: ['client_credentials'],
    scope: 'items:read',
    token_endpoint_auth_method: method,
    ...more,
  })
}
