"""The hub's pages, rendered as JupyterHub renders them: every fact of a use case is on its card, as text."""

import re
from dataclasses import replace
from html import unescape
from types import SimpleNamespace

import jinja2
import pytest
from jupyterhub._data import DATA_FILES_PATH

from hub_config import pages, profiles, settings, usage_table
from imagine_kernels import use_case

CASE = use_case.get(use_case.names()[0])
USED = [usage_table.Sum("mara", 4.0, 1.0, 2.5), usage_table.Sum("noor", cpu=7.0)]
EVIL = '"><script>alert(1)</script>'
DARK = re.search(r'\[data-bs-theme="dark"\] \{(.*?)\n\}', (pages.STATIC / "hub.css").read_text(), re.DOTALL)[1]
LIGHT = re.search(r":root \{(.*?)\n\}", (pages.STATIC / "hub.css").read_text(), re.DOTALL)[1]


@pytest.fixture(scope="module")
def jinja():
    theirs = jinja2.FileSystemLoader(f"{DATA_FILES_PATH}/templates")
    loaders = [jinja2.FileSystemLoader(pages.TEMPLATES), jinja2.PrefixLoader({"templates": theirs}), theirs]
    return jinja2.Environment(autoescape=True, enable_async=True, loader=jinja2.ChoiceLoader(loaders))


@pytest.fixture
def render(jinja):
    """Renders a page for a person, with other values where the test names them."""

    def render_page(name, **values):
        spawner = SimpleNamespace(user_options={}, options_form="x", active=False, pending=None)
        user = SimpleNamespace(name="mara", escaped_name="mara", json_escaped_name="mara", url="/user/mara/")
        user.active, user.spawner = False, spawner
        defaults = {
            "house": "iMagine",
            "user": user,
            "for_user": user,
            "spawner": spawner,
            "default_server": spawner,
            "base_url": "/hub/",
            "static_url": lambda path, **_: f"/hub/static/{path}",
            "use_cases": (CASE,),
            "pictures": {CASE.name},
            "choices": profiles.choices(settings.load(), shares=0),
            "services": [SimpleNamespace(name=n, href=f"/services/{n}/") for n in ("label-studio", "mlflow")],
            "parsed_scopes": {},
            "url": "/hub/spawn?_xsrf=t",
            "lines": USED,
            "most": usage_table.most(USED),
            "total": usage_table.Sum("all", 4.0, 1.0, 9.5),
            "by": "user",
            "choices_by": usage_table.BY,
            "sees_all": True,
        }
        return jinja.get_template(name).render(**{**defaults, **values})

    return render_page


def text(html):
    """What a person reads, on one line."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


def test_every_fact_of_the_use_case_is_on_its_card(render):
    html = render("spawn.html")
    read = text(html)
    for fact in (CASE.title, CASE.summary, CASE.licence, f"Start {CASE.title}"):
        assert fact in read
    for model in CASE.models:
        assert model.title in read
        assert model.source.licence in read
        assert model.source.citation in read
        assert model.command in read
        for label in model.labels:
            assert label.title in read
            assert (f"AphiaID {label.aphia_id}" if label.aphia_id is not None else "no taxon") in read
        for figure in model.figures:
            assert f"{figure.value:.2f}" in read
            assert f"{figure.name} on {figure.count:,} pictures, {figure.split}" in read
    assert f'src="/hub/static/imagine/pictures/{CASE.name}"' in html


def test_a_figure_of_zero_is_shown_as_zero(render):
    model = replace(CASE.models[0], figures=(use_case.Figure("macro-F1", 0.0, 7, "held out"),))
    assert "0.00 macro-F1 on 7 pictures, held out" in text(
        render("spawn.html", use_cases=(replace(CASE, models=(model,)),))
    )


def test_what_the_machine_lacks_is_greyed_with_the_reason(render):
    html = render("spawn.html")
    gpu = re.search(r'<input[^>]*value="gpu"[^>]*>', html)[0]
    cpu = re.search(r'<input[^>]*value="cpu"[^>]*>', html)[0]
    assert "disabled" in gpu
    assert "checked" not in gpu
    assert "checked" in cpu
    assert "This machine has no graphics card that can be used." in text(html)


def test_what_the_machine_has_is_offered_and_the_last_choice_is_remembered(render):
    before = SimpleNamespace(user_options={"profile": "gpu"}, options_form="x")
    html = render("spawn.html", choices=profiles.choices(settings.load(), shares=2), spawner=before)
    assert "checked" in re.search(r'<input[^>]*value="gpu"[^>]*>', html)[0]
    assert "disabled" not in re.search(r'<input[^>]*value="gpu"[^>]*>', html)[0]


def test_several_use_cases_are_several_cards_each_with_its_own_form(render):
    cases = tuple(replace(CASE, name=name, title=name.title()) for name in ("litter", "sound"))
    html = render("spawn.html", use_cases=cases)
    for case in cases:
        assert f'name="use_case" value="{case.name}"' in html
        assert f"Start {case.title}" in html
    assert len(re.findall(r"<article", html)) == 2
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_a_house_without_use_cases_says_how_to_get_one(render):
    assert "No use case is installed here yet" in text(render("spawn.html", use_cases=()))


def test_facts_and_messages_are_text_and_never_markup(render):
    case = replace(CASE, title=EVIL, summary=EVIL)
    for html in (
        render("spawn.html", use_cases=(case,), error_message=EVIL),
        render("error.html", status_code=400, message=EVIL),
        render("not_running.html", failed=True, failed_message=EVIL, spawn_url="/hub/spawn"),
        render("login.html", user=None, login_error=EVIL, username=EVIL, authenticator_login_url="/hub/login"),
    ):
        assert "<script>alert" not in html


def test_the_table_of_usage_shows_every_figure_and_hides_what_nobody_used(render):
    read = text(render("usage.html", begin="2026-01-01", end="2026-01-31"))
    for figure in ("mara 4.00 1.00 25 % 2.50", "noor 0.00 0.00 7.00", "Together 4.00 1.00 25 % 9.50"):
        assert figure in read
    assert "Nothing was used in these days" in text(render("usage.html", lines=[]))
    assert "What you used" in text(render("usage.html", sees_all=False))


def test_a_name_in_the_table_of_usage_is_text(render):
    assert "<script>alert" not in render("usage.html", lines=[usage_table.Sum(EVIL)], by="group", begin=EVIL, end=EVIL)


def test_people_find_label_studio_and_mlflow_from_the_start_page(render):
    read = render("spawn.html")
    assert re.search(r'<a href="/services/label-studio/"[^>]*>Labels</a>', read)
    assert re.search(r'<a href="/services/mlflow/"[^>]*>Runs</a>', read)


def test_a_provider_has_a_button_and_no_password_field(render):
    html = render("login.html", user=None, login_service="Harbour ID", authenticator_login_url="/hub/oauth_login")
    assert "Sign in with Harbour ID" in text(html)
    assert 'type="password"' not in html


@pytest.mark.parametrize("status", [400, 403, 404, 405, 424, 429, 500, 503])
def test_an_error_is_a_sentence_and_a_way_back(render, status):
    html = render("error.html", status_code=status, status_message="Whatever", message="requires any of [admin-ui]")
    assert re.search(r"<h1>[A-Z][^<]{10,}</h1>", html)
    assert re.search(r'class="im-lead">[^<]+\S', html)
    assert 'href="/hub/home"' in html


def test_a_running_server_can_be_opened_and_stopped(render):
    active = SimpleNamespace(active=True, pending=None, user_options={}, options_form="x")
    html = render("home.html", default_server=active, url="/user/mara")
    assert 'id="stop"' in html
    assert 'href="/user/mara"' in html


def test_every_page_of_ours_renders(render):
    for template in pages.TEMPLATES.glob("*.html"):
        html = render(template.name, status_code=404, progress_url="/p", spawn_url="/s")
        assert template.name in ("card.html", "cards_now.html") or "imagine/hub.css" in html


def test_no_page_asks_an_outside_address(render):
    for template in pages.TEMPLATES.glob("*.html"):
        html = render(template.name, status_code=404)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', html), template.name
    for file in pages.STATIC.iterdir():
        called = re.findall(r"(?:url\(|@import|href=)\s*[\"']?((?:https?:)?//[^\"') ]+)", file.read_text())
        assert not called, file.name


def channel(value):
    value /= 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def contrast(one, other):
    """The contrast ratio of two colours as WCAG 2.2 defines it."""
    light = sorted(
        0.2126 * channel(int(c[1:3], 16)) + 0.7152 * channel(int(c[3:5], 16)) + 0.0722 * channel(int(c[5:7], 16))
        for c in (one, other)
    )
    return (light[1] + 0.05) / (light[0] + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, LIGHT + DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground_in_both_themes(theme):
    colours = dict(re.findall(r"--im-(\w+): (#[0-9a-f]{3,6});", theme))
    colours = {k: v if len(v) == 7 else "#" + "".join(c * 2 for c in v[1:]) for k, v in colours.items()}
    colours.setdefault("strong", colours["deep"])
    for ink in ("ink", "soft", "link", "strong"):
        for ground in ("paper", "foam", "sand"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    assert contrast("#ffffff", colours["water"]) >= 4.5
