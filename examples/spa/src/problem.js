/** What went wrong, in words for the person in front of the page. */
export class Problem extends Error {}

/** Like `fetch`; a server that does not answer is a problem. */
export async function ask(url, options) {
  try {
    return await fetch(url, options)
  } catch {
    throw new Problem(`${new URL(url).origin} does not answer. Is it running?`)
  }
}

/** Why the authorization server sent the browser back without a code (RFC 6749 §4.1.2.1). */
export function refused(error, description) {
  if (error === 'access_denied') return new Problem('You did not allow it, so you are not signed in.')
  return new Problem(`You could not be signed in: ${description ?? error}`)
}
