// A browser without JavaScript: cookies, redirects, and forms that it fills in by the names of their inputs.

import assert from 'node:assert/strict'

const BUTTONS = ['login-submit', 'consent-allow']

export class Browser {
  visited = [] // the paths of the pages that asked for something
  #issuer
  #cookies = new Map()

  constructor(issuer) {
    this.#issuer = issuer
  }

  /** Opens `url`, answers every page, and returns the redirect that leaves the issuer. */
  async open(url, answers = {}) {
    let target = new URL(url)
    let response = await this.#fetch(target)
    for (let step = 0; step < 10; step++) {
      if (response.status >= 300 && response.status < 400) {
        target = new URL(response.headers.get('location'), target)
        if (target.origin !== this.#issuer) return target
        response = await this.#fetch(target)
      } else {
        ;({ target, response } = await this.#press(target, response, answers))
      }
    }
    assert.fail(`no way out of the pages ${this.visited}`)
  }

  async #press(page, response, answers) {
    const html = await response.text()
    assert.equal(response.status, 200, `${page} answered ${response.status}: ${html}`)
    this.visited.push(page.pathname)
    const form = forms(html).find((form) => form.button)
    assert(form, `no button ${BUTTONS} on ${page}: ${html}`)
    for (const name of form.fields.keys()) if (name in answers) form.fields.set(name, answers[name])
    if (form.button.name) form.fields.set(form.button.name, form.button.value ?? '')
    const target = new URL(form.button.formaction ?? form.action, page)
    const answer = await this.#fetch(target, { method: 'POST', body: form.fields, headers: { origin: this.#issuer } })
    assert.equal(answer.status, 303, `${target} answered ${answer.status}`)
    return { target, response: answer }
  }

  async #fetch(url, { headers, ...options } = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { ...options, redirect: 'manual', headers: { ...headers, cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      if (/;\s*max-age=0\b/i.test(line)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return response
  }
}

/** The forms of a page: action, fields by name, and the button that a person would press to go on. */
function forms(html) {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)].map(([, start, body]) => {
    const form = { action: attributes(start).action ?? '', fields: new URLSearchParams(), button: undefined }
    for (const [, tag, text] of body.matchAll(/<(input|button)\b([^>]*)>/gi)) {
      const input = attributes(text)
      const kind = input.type ?? (tag.toLowerCase() === 'button' ? 'submit' : 'text')
      if (kind === 'submit') {
        if (BUTTONS.includes(input.id) || BUTTONS.includes(input.name)) form.button = input
      } else if (input.name && (!/^(checkbox|radio)$/.test(kind) || 'checked' in input)) {
        form.fields.append(input.name, input.value ?? '')
      }
    }
    return form
  })
}

function attributes(text) {
  const found = text.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g)
  return Object.fromEntries([...found].map(([, name, a, b, c]) => [name.toLowerCase(), unescape(a ?? b ?? c ?? '')]))
}

function unescape(text) {
  const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) =>
    name ? (named[name] ?? entity) : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal)),
  )
}
