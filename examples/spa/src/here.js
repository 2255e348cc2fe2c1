// Signing in here: this page is a public client. oidc-client-ts does the work: code flow with PKCE, state, the ID token's checks, renewal.

import { ErrorResponse, UserManager } from 'oidc-client-ts'
import { Problem, refused } from './problem.js'
import { CLIENT_ID, ISSUER, SCOPE } from './settings.js'

const manager = new UserManager({
  authority: ISSUER,
  client_id: CLIENT_ID,
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/`,
  scope: SCOPE,
  loadUserInfo: true, // Claviger's ID tokens say who it is, not what they are called
  automaticSilentRenew: true, // a minute before the access token ends, by refresh token
})

/** Leaves for the login page, or for the one of a provider that is named. */
export async function signIn(provider) {
  await manager.signinRedirect(provider ? { extraQueryParams: { provider } } : {}).catch(explain)
}

/** Finishes the sign-in that the address is the answer to. */
export async function finish() {
  await manager.signinRedirectCallback().catch(explain)
}

/** Who is signed in: what the page was left with, as long as it can still be used. */
export async function session() {
  const user = await manager.getUser()
  // The computer may have slept longer than the access token lives; the refresh token lives longer.
  return user?.expired ? renew() : user && asSession(user)
}

/** Tells about each renewal and its failure, until the page is left. */
export function watch(renewed, failed) {
  manager.events.addUserLoaded((user) => renewed(asSession(user)))
  manager.events.addSilentRenewError(async (error) => failed(await ended(error)))
}

async function renew() {
  try {
    return asSession(await manager.signinSilent())
  } catch (error) {
    throw await ended(error)
  }
}

async function signOut() {
  await manager.signoutRedirect().catch(explain)
}

function asSession(user) {
  return {
    way: 'here, by this page',
    name: user.profile.name ?? user.profile.sub,
    accessToken: user.access_token,
    expiresAt: user.expires_at,
    renew,
    signOut,
  }
}

/** What a failed renewal means. A refresh token that is refused is good for nothing more; a server that is away may come back. */
async function ended(error) {
  if (!(error instanceof ErrorResponse)) return new Problem(`Your access token could not be renewed: ${ISSUER} does not answer.`)
  await manager.removeUser()
  return new Problem('Your sign-in has ended. Please sign in again.')
}

function explain(error) {
  if (error instanceof ErrorResponse) throw refused(error.error, error.error_description)
  // The browser says no more than that it got no answer.
  if (error instanceof TypeError) throw new Problem(`${ISSUER} does not answer. Is it running?`)
  if (error.message.startsWith('No matching state')) throw new Problem('This sign-in was begun elsewhere, or is finished. Please sign in again.')
  throw error
}
