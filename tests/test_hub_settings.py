"""What the parts of the hub say to JupyterHub, on a plain Config: no hub runs here."""

import asyncio
import re

import pytest
from house import write_settings
from hypothesis import given
from hypothesis import strategies as st
from oauthenticator.generic import GenericOAuthenticator
from traitlets.config import Config

from hub_config import accounts, credentials, hub, pages, settings, spawner, users

OPENID = """
accounts = "openid"
admins = ["Prof"]

[users.openid]
title = "Harbour ID"
authorize_url = "https://id.example/auth"
token_url = "https://id.example/token"
userdata_url = "https://id.example/me"
username_claim = "preferred_username"
scopes = ["openid"]
client_id = "{client}"
client_secret_file = "{secret}"
allowed_groups = {groups}
groups_claim = "entitlements"
"""


@pytest.fixture
def house_settings(tmp_path):
    return settings.load(write_settings(tmp_path))


@pytest.fixture
def openid(tmp_path):
    """Settings with a provider, by the client's id, the file of its secret and the groups allowed."""

    def write(client="imagine", secret="secret", groups="[]", mode=0o600):
        (tmp_path / "secret").write_text("hush\n")
        (tmp_path / "secret").chmod(mode)
        file = write_settings(tmp_path)
        text = file.read_text(encoding="utf-8")
        before, after = text.split("[users]", 1)
        rest = after[after.index("[databases]") :]
        table = OPENID.format(client=client, secret=secret and str(tmp_path / secret), groups=groups)
        file.write_text(f"{before}[users]{table}\n{rest}", encoding="utf-8")
        return settings.load(file)

    return write


def apply(part, house_settings):
    c = Config()
    part.apply(c, house_settings)
    return c


def sign_in(house_settings, name, password):
    authenticator = users.ClassPassword(config=apply(users, house_settings))
    return asyncio.run(authenticator.authenticate(None, {"username": name, "password": password}))


def test_the_hub_listens_where_the_settings_say_and_keeps_its_records_in_the_state_folder(house_settings):
    c = apply(hub, house_settings)
    assert c.JupyterHub.bind_url == house_settings.addresses.public
    assert c.JupyterHub.hub_bind_url.endswith(f":{house_settings.addresses.hub_port}")
    assert c.JupyterHub.db_url == f"sqlite:///{house_settings.folders.state}/jupyterhub.sqlite"
    assert (house_settings.folders.state / "cookie_secret").stat().st_mode & 0o077 == 0


def test_a_database_named_in_the_settings_is_used(tmp_path):
    file = write_settings(tmp_path)
    text = file.read_text().replace("[databases]\n", "[databases]\n").replace('hub = ""', 'hub = "postgresql://db/hub"')
    file.write_text(text)
    assert apply(hub, settings.load(file)).JupyterHub.db_url == "postgresql://db/hub"


def test_no_secret_goes_onto_the_proxys_command_line(house_settings):
    c = apply(hub, house_settings)
    kept = credentials.load(house_settings)
    assert c.ConfigurableHTTPProxy.auth_token == kept.proxy_token
    assert kept.proxy_token not in " ".join(c.ConfigurableHTTPProxy.command)


def test_people_and_their_servers_may_open_label_studio_and_mlflow(house_settings):
    c = apply(users, house_settings)
    assert {"self", "access:services"} <= set(c.JupyterHub.load_roles[0]["scopes"])
    assert "access:services" in c.Spawner.server_token_scopes


def test_the_class_password_lets_anybody_in_but_not_as_the_operator(house_settings):
    kept = credentials.load(house_settings)
    assert sign_in(house_settings, "mara", kept.class_password) == {"name": "mara", "admin": False, "groups": []}
    assert sign_in(house_settings, "admin", kept.class_password) is None
    assert sign_in(house_settings, "admin", kept.admin_password)["admin"] is True
    assert sign_in(house_settings, "mara", kept.admin_password) is None


@pytest.mark.parametrize("password", ["", "wrong", "schlüssel", "🐟" * 8, "\x00"])
def test_a_password_that_cannot_be_right_is_refused_and_no_error(house_settings, password):
    assert sign_in(house_settings, "mara", password) is None


@pytest.mark.parametrize("name", ["mara", "m", "2nd", "a.b_c-d", "jane@uni.example", "x" * 63])
def test_ordinary_names_are_names(name):
    assert accounts.is_good_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", ".ssh", "a/b", "../x", "a b", "Ä", "mara\n", "-rf", "x" * 64, "a\x00"])
def test_names_that_would_mean_more_than_a_name_are_refused(house_settings, name):
    assert not accounts.is_good_name(name)
    assert not users.ClassPassword(config=apply(users, house_settings)).validate_username(name)


@given(st.text())
def test_whatever_is_a_good_name_is_one_folder_below_homes(name):
    if accounts.is_good_name(name):
        assert re.fullmatch(r"[a-z0-9._@+-]+", name)
        assert name not in (".", "..")


def test_openid_is_set_up_from_the_settings_and_the_secret_from_its_file(openid):
    authenticator = GenericOAuthenticator(config=apply(users, openid()))
    assert authenticator.client_secret == "hush"
    assert authenticator.login_service == "Harbour ID"
    assert authenticator.allow_all is True
    assert authenticator.admin_users == {"prof"}


def test_openid_groups_admit_their_members_only(openid):
    authenticator = GenericOAuthenticator(config=apply(users, openid(groups='["urn:sea"]')))
    assert authenticator.allow_all is False

    def admitted(claims):
        model = {"name": "mara", "admin": None, "auth_state": {"oauth_user": claims}}
        model["groups"] = asyncio.run(authenticator.get_user_groups(model["auth_state"]))
        return asyncio.run(authenticator.check_allowed("mara", model))

    assert admitted({"entitlements": ["urn:sky", "urn:sea"]})
    assert admitted({"entitlements": "urn:sea"})
    assert not admitted({"entitlements": ["urn:sky"]})
    assert not admitted({"entitlements": "xurn:seax"})
    assert not admitted({})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"client": ""}, "users.openid.client_id is empty"),
        ({"secret": ""}, "client_secret_file"),
        ({"secret": "missing"}, "is not a file"),
        ({"mode": 0o644}, "chmod 600"),
    ],
)
def test_an_openid_mistake_is_a_sentence_that_names_the_remedy(openid, wrong, says):
    with pytest.raises(ValueError, match=says):
        apply(users, openid(**wrong))


def test_servers_start_from_absolute_paths_on_this_machine_only(house_settings):
    c = apply(spawner, house_settings)
    assert c.Spawner.cmd[0].startswith("/")
    assert c.Spawner.ip == "127.0.0.1"
    assert "PYTHONPATH" not in c.Spawner.env_keep


def test_the_pages_are_ours_and_named_after_the_house(house_settings):
    c = apply(pages, house_settings)
    assert c.JupyterHub.template_vars["house"] == house_settings.title
    assert pages.TEMPLATES.joinpath("spawn.html").is_file()
    assert c.JupyterHub.template_paths == [str(pages.TEMPLATES)]
