"""A browser without JavaScript: cookies, redirects, and forms that it fills in by the names of their inputs."""

import ssl
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx2

BUTTONS = ("login-submit", "consent-allow")


class Browser:
    """One person's browser at one issuer. `visited` lists the paths of the pages that asked for something."""

    def __init__(self, issuer: str, verify: ssl.SSLContext | bool = True) -> None:
        self.issuer = issuer
        self.http = httpx2.Client(verify=verify)
        self.visited: list[str] = []

    def authorize(self, url: str, **answers: str) -> str:
        """Opens `url`, answers every page, and returns the redirect that leaves the issuer."""
        response = self.http.get(url)
        for _ in range(10):
            if response.is_redirect:
                url = urljoin(url, response.headers["location"])
                if not url.startswith(f"{self.issuer}/"):
                    return url
                response = self.http.get(url)
            else:
                response, url = self.press(url, response, answers)
        raise AssertionError(f"no way out of the pages {self.visited}")

    def press(self, url: str, page: httpx2.Response, answers: dict[str, str]) -> tuple[httpx2.Response, str]:
        assert page.status_code == 200, f"{url} answered {page.status_code}: {page.text}"
        self.visited.append(urlsplit(url).path)
        form, button = Forms(page.text).with_button(BUTTONS)
        fields = form.fields | {name: value for name, value in answers.items() if name in form.fields}
        if "name" in button:
            fields[button["name"]] = button.get("value", "")
        target = urljoin(url, button.get("formaction") or form.action)
        answer = self.http.post(target, data=fields, headers={"Origin": self.issuer})
        assert answer.status_code == 303, f"{target} answered {answer.status_code}: {answer.text}"
        return answer, target


class Form:
    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: dict[str, str] = {}
        self.buttons: list[dict[str, str]] = []


class Forms(HTMLParser):
    """The forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        kind = attributes.get("type", "submit" if tag == "button" else "text")
        if tag == "form":
            self.forms.append(Form(attributes.get("action", "")))
        elif not self.forms or tag not in ("input", "button"):
            return
        elif kind == "submit":
            self.forms[-1].buttons.append(attributes)
        elif "name" in attributes and (kind not in ("checkbox", "radio") or "checked" in attributes):
            self.forms[-1].fields[attributes["name"]] = attributes.get("value", "")

    def with_button(self, names: tuple[str, ...]) -> tuple[Form, dict[str, str]]:
        for form in self.forms:
            for button in form.buttons:
                if button.get("id") in names or button.get("name") in names:
                    return form, button
        raise AssertionError(f"no button {names} on the page")
