"""`docker compose up`, from nothing: the database, the demo data, tokens, a stop, and a second start that changes nothing. In this order."""

import tomllib

from conftest import ISSUER, Project, ask, machine_token
from files import seconds


def test_the_database_is_made_and_the_demo_data_applied(project: Project) -> None:
    assert list(project.outcomes) == ["migrate", "apply"]
    assert "applied m0001_client" in project.outcomes["migrate"].stdout
    assert ask("/.well-known/openid-configuration").json()["issuer"] == ISSUER


def test_a_machine_gets_its_token(project: Project) -> None:
    answer = machine_token()
    assert answer.status == 200, answer
    assert answer.json()["scope"] == "items:read"


def test_alice_gets_hers(project: Project) -> None:
    form = {"grant_type": "password", "client_id": "demo-password", "username": "alice", "password": "wonderland", "scope": "openid"}
    answer = ask("/token", form)
    assert answer.status == 200, answer
    assert {"access_token", "id_token"} <= answer.json().keys()


def test_swagger_ui_is_there(project: Project) -> None:
    assert ask("/docs").status == 200


def test_a_check_warns_of_what_is_for_one_machine_alone(project: Project) -> None:
    outcome = project.server.run(["check"])
    assert outcome.code == 0, outcome
    assert "issuer is http" in outcome.stdout and "publish the port on 127.0.0.1" in outcome.stdout, outcome


def test_nothing_that_is_printed_tells_a_secret(project: Project) -> None:
    log = project.server.running.log.read_text()
    assert "listening" in log and "ERROR" not in log, log
    demo = tomllib.loads(project.compose.file("configs", "demo").read_text())
    secrets = [client["client_secret"] for client in demo["client"] if "client_secret" in client]
    secrets += [user["password"] for user in demo["user"]]
    secrets += [project.compose.file("secrets", "postgres-password").read_text().strip()]
    assert len(secrets) == 6, secrets
    for name, said in {"claviger": log, **{name: ran.stdout + ran.stderr for name, ran in project.outcomes.items()}}.items():
        assert not [secret for secret in secrets if secret in said], (name, said)


def test_only_keys_are_kept_beside_the_database(project: Project) -> None:
    data = project.server.container.data
    assert {path.parts[0] for path in (path.relative_to(data) for path in data.rglob("*"))} == {"keys"}


def test_it_stops_in_time_and_starts_again_as_it_was(project: Project) -> None:
    token, keys = machine_token().json()["access_token"], ask("/.well-known/jwks.json").json()
    grace = seconds(project.compose.services["claviger"]["stop_grace_period"])
    assert project.server.running.terminate(grace) == 0
    outcome = project.server.health()
    assert outcome.code == 1 and "Is the server running?" in outcome.stderr, outcome

    server = project.up()
    assert project.outcomes["migrate"].stdout == "The database was up to date.\n"
    apply = project.compose.services["apply"]
    again = project.container(apply).run([*apply["command"], "--dry-run"])
    assert again.code == 0, again
    assert ask("/.well-known/jwks.json").json() == keys
    answer = ask("/introspect", {"token": token}, "demo-api:demo-api-secret")
    assert answer.json()["active"] is True, answer
    assert server.running.terminate() == 0
