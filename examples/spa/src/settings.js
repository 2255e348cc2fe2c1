// Vite puts the settings of `.env` in when it builds.
const { VITE_ISSUER, VITE_CLIENT_ID, VITE_API, VITE_PROVIDER } = import.meta.env

export const ISSUER = VITE_ISSUER
export const CLIENT_ID = VITE_CLIENT_ID
export const API = VITE_API
export const PROVIDER = VITE_PROVIDER
export const SCOPE = 'openid profile items:read items:write'
