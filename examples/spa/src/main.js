// The page: what it shows, and what its buttons do.

import { call } from './api.js'
import * as backend from './backend.js'
import * as here from './here.js'
import { Problem } from './problem.js'
import { PROVIDER } from './settings.js'

const part = (id) => document.getElementById(id)

let session = null

// Both ways lead back to an address of their own, which says who has to finish the sign-in.
const arrivals = { '/callback': here.finish, '/backend-callback': backend.finish }

async function start() {
  if (PROVIDER) {
    part('provider').textContent = `Sign in here with ${PROVIDER}`
    part('provider').hidden = false
  }
  press(part('here'), () => here.signIn())
  press(part('provider'), () => here.signIn(PROVIDER))
  press(part('backend'), () => backend.signIn())
  press(part('sign-out'), () => session.signOut())
  press(part('renew'), () => session.renew().catch(renewalFailed))
  press(part('list'), list)
  press(part('me'), async () => showClaims(await call(session.accessToken, '/me')))

  here.watch(signedIn, (problem) => attempt(() => renewalFailed(problem)))
  await attempt(async () => arrivals[location.pathname]?.())
  // What came in the address is used up: it need not stand there, nor be sent once more.
  history.replaceState(null, '', '/')
  await attempt(async () => signedIn((await here.session()) ?? backend.session()))
  // What is left is for somebody who is not signed in.
  if (!session) signedIn(null)
}

function signedIn(now) {
  session = now
  part('signed-out').hidden = session !== null
  part('signed-in').hidden = session === null
  part('status').textContent = session ? `You are signed in as ${session.name}.` : 'You are not signed in.'
  if (!session) return
  part('way').textContent = session.way
  // Its end is enough to tell one from the next, and no use to whoever looks over a shoulder.
  part('token').textContent = `…${session.accessToken.slice(-12)}`
  part('until').textContent = new Date(session.expiresAt * 1000).toLocaleTimeString()
  part('renew').hidden = !session.renew
}

// Who was signed in is not any more, unless the server is only away.
async function renewalFailed(problem) {
  signedIn(await here.session())
  throw problem
}

async function list() {
  const items = await call(session.accessToken, '/items')
  part('items').replaceChildren(
    ...items.map(({ name }) => {
      const remove = Object.assign(document.createElement('button'), { className: 'quiet', textContent: `Remove ${name}` })
      press(remove, () => removeItem(name))
      const line = document.createElement('li')
      line.append(name, remove)
      return line
    }),
  )
}

async function removeItem(name) {
  await call(session.accessToken, `/items/${encodeURIComponent(name)}`, { method: 'DELETE' })
  await list()
}

function showClaims(claims) {
  part('claims').textContent = JSON.stringify(claims, null, 2)
  part('claims').hidden = false
}

function press(button, action) {
  button.addEventListener('click', () => {
    part('problem').hidden = true
    attempt(action)
  })
}

async function attempt(action) {
  try {
    await action()
  } catch (error) {
    complain(error)
  }
}

function complain(error) {
  part('problem').textContent = error instanceof Problem ? error.message : 'Something went wrong. The console of the browser says what.'
  part('problem').hidden = false
  if (!(error instanceof Problem)) console.error(error)
}

start()
