// Signing in through the backend: it is the client, with a secret of its own; this page carries messages, and gets an access token.

import { ask, Problem, refused } from './problem.js'
import { API, PROVIDER } from './settings.js'

// Where oidc-client-ts keeps its own: it ends with this tab, and survives that the page is loaded again.
const KEPT = 'backend-session'

/** Asks the backend where to sign in, and leaves for there. */
export async function signIn() {
  const { url } = await fromBackend(`${API}/login${PROVIDER ? `?provider=${encodeURIComponent(PROVIDER)}` : ''}`)
  location.assign(url)
}

/** Hands the backend the answer that the address brings. */
export async function finish() {
  const answer = new URLSearchParams(location.search)
  if (answer.has('error')) throw refused(answer.get('error'), answer.get('error_description'))
  const tokens = await fromBackend(`${API}/login/callback`, { method: 'POST', body: answer })
  const expiresAt = Math.floor(Date.now() / 1000) + tokens.expires_in
  sessionStorage.setItem(KEPT, JSON.stringify({ ...tokens, expiresAt }))
}

/** Who is signed in: what the page was left with, as long as it can still be used. */
export function session() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT))
  if (!kept) return null
  if (kept.expiresAt * 1000 <= Date.now()) {
    sessionStorage.removeItem(KEPT)
    throw new Problem('Your sign-in has ended. Please sign in again.')
  }
  return {
    way: 'through the backend',
    name: kept.name ?? 'somebody',
    accessToken: kept.access_token,
    expiresAt: kept.expiresAt,
    signOut() {
      sessionStorage.removeItem(KEPT)
      location.assign(kept.logout_url)
    },
  }
}

async function fromBackend(url, options) {
  // With the cookie by which the backend knows this browser again.
  const answer = await ask(url, { ...options, credentials: 'include' })
  const body = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Problem(typeof body.detail === 'string' ? body.detail : `The backend answered ${answer.status}.`)
  return body
}
