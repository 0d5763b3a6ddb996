"""Use case and size of a server, as form, link and API spell them: what fits is an order, the rest a sentence."""

import pytest
from house import write_settings
from hypothesis import given
from hypothesis import strategies as st

from hub_config import profiles, settings
from imagine_kernels import use_case

OFFERED = profiles.choices(settings.load(), shares=0)
NAME = use_case.names()[0]


def test_no_options_at_all_are_the_first_size_that_can_be_had_and_no_use_case():
    assert profiles.read({}, OFFERED) == profiles.Order(OFFERED[0])


def test_a_use_case_and_a_size_are_found_by_name():
    order = profiles.read({"use_case": NAME, "profile": "cpu"}, OFFERED)
    assert (order.case, order.choice.name) == (use_case.get(NAME), "cpu")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"profile": "gpu"}, r"GPU cannot be had: This machine has no graphics card"),
        ({"profile": "cpuu"}, r"Did you mean 'cpu'\?"),
        ({"profile": "x" * 90}, r"There are: cpu, gpu\."),
        ({"use_case": NAME[:-1]}, rf"Did you mean '{NAME}'\?"),
        ({"use_case": "../../etc"}, r"is not a use case here"),
        ({"use_case": "a" * 101}, r"at most 100 letters"),
        ({"image": "evil"}, r"no option 'image'; it has use_case and profile"),
        ({"profile": ["cpu"]}, r"is a name, not list"),
        ({"profile": None}, r"is a name, not NoneType"),
        (["cpu"], r"fields with values"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(options, says):
    with pytest.raises((ValueError, LookupError), match=says):
        profiles.read(options, OFFERED)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    )
)
def test_whatever_the_api_is_sent_is_an_order_or_a_sentence(options):
    said = ""
    try:
        said = profiles.read(options, OFFERED).choice.profile.about
    except (ValueError, LookupError) as error:
        said = str(error.args[0])
    assert said.endswith((".", "?"))


def test_a_refusal_reaches_page_and_api_as_its_sentence():
    class Spawner:
        order = None

    from traitlets.config import Config

    c = Config()
    profiles.apply(c, settings.load())
    with pytest.raises(profiles.Refused) as refused:
        c.Spawner.apply_user_options(Spawner(), {"profile": "50%% of %s"})
    assert refused.value.status_code == 400
    assert "'50%% of %s' is not a size" in refused.value.jupyterhub_message
    assert (
        "'50%% of %s' is not a size" in refused.value.get_message() if hasattr(refused.value, "get_message") else True
    )


def test_the_form_gives_plain_fields_and_nothing_of_the_page():
    form = {"profile": ["cpu"], "use_case": ["a", "b"], "_xsrf": ["t"], "empty": []}
    assert profiles.options_from_form(form) == {"profile": "cpu", "use_case": "b"}


def test_a_size_is_offered_where_the_machine_has_the_cards(tmp_path):
    known = settings.load(write_settings(tmp_path))
    assert [choice.reason for choice in profiles.choices(known, 1)] == ["", ""]
    assert profiles.read({"profile": "gpu"}, profiles.choices(known, 1)).choice.profile.gpus == 1
    assert "no graphics card" in profiles.choices(known, 0)[1].reason
