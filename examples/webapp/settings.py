"""What differs from one place to the next, by environment variables."""

import os
import secrets

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")  # the authorization server
BASE_URL = os.environ.get("BASE_URL", "http://localhost:3000")  # where people find this application

# What this application is to the issuer.
CLIENT_ID = os.environ.get("CLIENT_ID", "demo-web")
CLIENT_SECRET = os.environ.get("CLIENT_SECRET", "demo-web-secret")

# Signs the cookie of a sign-in under way. Several processes have to share one; a new one only ends what is under way.
COOKIE_SECRET = os.environ.get("COOKIE_SECRET") or secrets.token_urlsafe(32)

SECURE = BASE_URL.startswith("https://")  # whether cookies may be told to travel by TLS alone
