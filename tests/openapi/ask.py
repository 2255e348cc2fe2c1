"""Asks a running `claviger dev` everything that its served document allows, and what the document forbids, by schemathesis.

CLAVIGER_TEST_ISSUER, CLAVIGER_TEST_BIN and CLAVIGER_TEST_DATA say where the server, its program and its folder are.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

ISSUER = os.environ["CLAVIGER_TEST_ISSUER"]
EVERYTHING = " ".join(f"{what}:{how}" for what in ("clients", "users", "apis", "keys", "sessions") for how in ("read", "write"))

# What takes away the ground that the others stand on comes last.
RUNS = [
    ["--exclude-method=DELETE", "--exclude-path-regex=/disable$"],
    ["--include-method=DELETE"],
    ["--include-path-regex=/disable$"],
]


def token(auth=None, **form):
    answer = requests.post(f"{ISSUER}/token", data=form, auth=auth, timeout=10)
    answer.raise_for_status()
    return answer.json()["access_token"]


def machine_token():
    add = [os.environ["CLAVIGER_TEST_BIN"], "clients", "add", "manager", "--name=Manager", "--grant=client_credentials"]
    add += [f"--scope={EVERYTHING} refusals:read", f"--data={os.environ['CLAVIGER_TEST_DATA']}"]
    secret = subprocess.run(add, check=True, capture_output=True, text=True).stdout.split()[-1]
    return token(auth=("manager", secret), grant_type="client_credentials")


def person_token():
    form = {"username": "alice", "password": "wonderland", "scope": "openid profile email"}
    return token(grant_type="password", client_id="claviger-docs", **form)


def opens(path, bearer):
    return requests.get(f"{ISSUER}{path}", headers={"Authorization": f"Bearer {bearer}"}, timeout=10).status_code == 200


def main():
    tokens = {"CLAVIGER_TEST_MACHINE": machine_token(), "CLAVIGER_TEST_PERSON": person_token()}
    command = [Path(sys.executable).with_name("schemathesis"), f"--config-file={Path(__file__).with_name('schemathesis.toml')}"]
    command += ["run", f"{ISSUER}/openapi.json"]
    for run in RUNS:
        if not opens("/api/v1/clients", tokens["CLAVIGER_TEST_MACHINE"]) or not opens("/me", tokens["CLAVIGER_TEST_PERSON"]):
            sys.exit("A token died on the way: from there on, nothing was asked but whether it is refused.")
        # It leaves things in the folder that it runs in.
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(command + run, check=True, env=os.environ | tokens, cwd=folder)


main()
