import { defineConfig, loadEnv } from 'vite'

export default defineConfig(({ mode }) => {
  const { VITE_ISSUER, VITE_API } = loadEnv(mode, import.meta.dirname)
  const address = { host: 'localhost', port: 5173, strictPort: true } // the one that demo-spa is registered with
  return {
    server: address,
    preview: {
      ...address,
      // What the server that you put the built files on should send as well. A script that somebody smuggles into the page can use its tokens:
      // only our own may run, and they speak to these two servers alone.
      headers: {
        'Content-Security-Policy': [
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "img-src 'self'",
          `connect-src ${new URL(VITE_ISSUER).origin} ${new URL(VITE_API).origin}`,
          "form-action 'none'",
          "base-uri 'none'",
          "frame-ancestors 'none'",
        ].join('; '),
        'Referrer-Policy': 'no-referrer',
      },
    },
  }
})
