"""What differs from one place to the next, by environment variables."""

import os
import secrets

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")  # the authorization server, exactly as tokens name it
AUDIENCE = os.environ.get("AUDIENCE", "http://localhost:8000")  # this API's identifier at the issuer, not its address
FRONTEND = os.environ.get("FRONTEND", "http://localhost:5173")  # the origin of the browser application

# What this backend is to the issuer when it signs people in for the frontend.
CLIENT_ID = os.environ.get("CLIENT_ID", "demo-web")
CLIENT_SECRET = os.environ.get("CLIENT_SECRET", "demo-web-secret")

# What this API is to the issuer when it asks about an API key, and whether a key may also stand in the address.
API_ID = os.environ.get("API_ID", "demo-api")
API_SECRET = os.environ.get("API_SECRET", "demo-api-secret")
API_KEY_IN_QUERY = os.environ.get("API_KEY_IN_QUERY", "off") == "on"

# Signs the cookie of a sign-in under way. Several processes have to share one; a new one only ends what is under way.
COOKIE_SECRET = os.environ.get("COOKIE_SECRET") or secrets.token_urlsafe(32)

SCOPES = {"items:read": "Read the items", "items:write": "Add and remove items"}
