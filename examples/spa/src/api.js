import { ask, Problem } from './problem.js'
import { API } from './settings.js'

/** Calls the API with an access token, and returns what it answers. */
export async function call(accessToken, path, options) {
  const answer = await ask(`${API}${path}`, { ...options, headers: { Authorization: `Bearer ${accessToken}` } })
  const body = await answer.json().catch(() => ({}))
  if (answer.ok) return body
  if (answer.status === 401) throw new Problem('The API does not take this access token any more. Please sign in again.')
  if (answer.status === 403) throw new Problem(`The API does not let you do this: ${body.detail}.`)
  throw new Problem(`The API answered ${answer.status}: ${body.detail ?? 'no more than that'}.`)
}
