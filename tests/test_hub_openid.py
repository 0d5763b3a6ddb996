"""Sign-in through a real OpenID Connect provider on this machine, which checks the code, the secret and PKCE."""

import base64
import hashlib
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from house import write_settings
from hub_alone import running

pytestmark = pytest.mark.live
SECRET = secrets.token_hex(16)


class Provider(BaseHTTPRequestHandler):
    """Signs in whoever `person` describes."""

    person: ClassVar = {}
    codes: ClassVar = {}

    def do_GET(self):
        url = urlsplit(self.path)
        asked = {key: values[0] for key, values in parse_qs(url.query).items()}
        if url.path == "/auth":
            code = secrets.token_hex(8)
            self.codes[code] = asked
            self.send_response(302)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            )
            self.end_headers()
        else:
            known = self.headers["Authorization"] == f"Bearer {SECRET}-token"
            self.say(200 if known else 401, self.person if known else {})

    def do_POST(self):
        sent = {k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        asked = self.codes.pop(sent.get("code"), {})
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        basic = base64.b64encode(f"imagine:{SECRET}".encode()).decode()
        client = self.headers["Authorization"] == f"Basic {basic}" or sent.get("client_secret") == SECRET
        good = client and proof == asked.get("code_challenge") and sent["redirect_uri"] == asked["redirect_uri"]
        self.say(200 if good else 400, {"access_token": f"{SECRET}-token", "token_type": "Bearer"} if good else {})

    def say(self, status, record):
        body = json.dumps(record).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("openid")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = f"http://127.0.0.1:{server.server_port}"
    (folder / "secret").touch(mode=0o600)
    (folder / "secret").write_text(SECRET)
    values = {"accounts": "openid", "client_id": "imagine"}
    values |= {"authorize_url": f"{at}/auth", "token_url": f"{at}/token", "userdata_url": f"{at}/me"}
    file = write_settings(folder, client_secret_file=str(folder / "secret"), **values)
    text = file.read_text().replace('title = "EGI Check-in"', 'title = "Harbour ID"')
    file.write_text(text.replace("allowed_groups = []", 'allowed_groups = ["urn:sea:crew"]'))
    with running(folder, file) as house:
        yield house
    server.shutdown()
    server.server_close()


def sign_in(house, **person):
    """What a browser gets that presses the button while the provider knows the person so."""
    Provider.person = person
    with httpx.Client(base_url=house.url, follow_redirects=True, timeout=60) as client:
        answer = client.get("/hub/oauth_login")
        user = client.get("/hub/api/user", headers={"Referer": f"{house.url}/hub/home"})
        return answer, user.json() if user.status_code == 200 else None


def test_the_log_in_page_names_the_provider_and_asks_for_no_password(house):
    page = httpx.get(f"{house.url}/hub/login")
    assert "Sign in with Harbour ID" in page.text
    assert 'type="password"' not in page.text


def test_a_member_of_an_allowed_group_comes_in_under_her_own_name(house):
    answer, user = sign_in(house, preferred_username="Ines", entitlements=["urn:sea:crew", "urn:sky"])
    assert answer.url.path == "/hub/spawn"
    assert (user["name"], user["admin"]) == ("ines", False)


@pytest.mark.parametrize("groups", [["urn:sky"], [], None, "urn:sea:crewless"])
def test_others_are_refused(house, groups):
    answer, user = sign_in(house, preferred_username="jan", entitlements=groups)
    assert answer.status_code == 403
    assert "<h1>" in answer.text
    assert user is None


def test_a_name_that_is_no_folder_is_refused(house):
    answer, user = sign_in(house, preferred_username="../../root", entitlements=["urn:sea:crew"])
    assert answer.status_code == 403
    assert user is None


def test_an_answer_nobody_asked_for_opens_nothing(house):
    answer = httpx.get(f"{house.url}/hub/oauth_callback", params={"code": "stolen", "state": "guessed"})
    assert answer.status_code in (400, 403)


def test_the_class_password_opens_nothing_here(house):
    form = {"username": "mara", "password": house.credentials.class_password}
    assert httpx.post(f"{house.url}/hub/login", data=form).status_code in (403, 404, 405)
