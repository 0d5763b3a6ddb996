"""Tables that EcoTaxa would refuse: every breach is told at once, with file, row and remedy, and nothing is read."""

import contextlib

import pytest
from ecotaxa_tables import COLUMNS, project, rows, table
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_kernels.ecotaxa_tables import values
from imagine_kernels.sources import ecotaxa, open_samples
from imagine_kernels.sources.ecotaxa import RefusedTablesError

VALIDATED = {"object_annotation_status": "validated", "object_annotation_category": "Copepoda"}


@pytest.fixture(scope="module")
def bad(real_data):
    folder = real_data / "exports" / "ecotaxa_bad_imports"
    if not folder.is_dir():
        pytest.skip(f"the broken imports of EcoTaxa's test suite are not at hand ({folder})")
    return folder


def refusal(place):
    with pytest.raises(RefusedTablesError) as error:
        open_samples(place)
    return error.value


def sentences(place):
    return [problem.why for problem in refusal(place).problems]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (
            {"object_lat": "95"},
            "row 3: object_lat is '95', which lies outside −90 to 90 degrees: write decimal degrees",
        ),
        ({"object_lon": "-181"}, "row 3: object_lon is '-181', which lies outside −180 to 180"),
        ({"object_lat": "north"}, "row 3: object_lat is 'north', which is no number: write digits"),
        ({"object_area": "big"}, "row 3: object_area is 'big', which is no number"),
        ({"object_depth_max": "inf"}, "row 3: object_depth_max is 'inf', which is no finite number"),
        ({"object_date": "20140433"}, "row 3: object_date is '20140433', which is no date: write it as YYYYMMDD"),
        ({"object_date": "20.04.2014"}, "row 3: object_date is '20.04.2014', which is no date"),
        ({"object_time": "9920"}, "row 3: object_time is '9920', which is no time: write it as HHMMSS"),
        ({"object_annotation_date": "2015-11-31"}, "row 3: object_annotation_date is '2015-11-31', which is no date"),
        (
            {"object_annotation_status": "predit", "object_annotation_category": "x"},
            "which is no state: write predicted",
        ),
        ({"object_annotation_status": "validated"}, "row 3: the state 'validated' has no category: name what it is"),
        ({"object_annotation_category": "Copepoda"}, "row 3: the category 'Copepoda' has no state: write predicted"),
        ({"object_id": ""}, "row 3: object_id is empty: name the object"),
        ({"img_file_name": ""}, "row 3: img_file_name is empty: name the picture of o1"),
    ],
)
def test_a_wrong_cell_is_told_with_its_row_and_what_to_write(tmp_path, cells, told):
    project(tmp_path, rows(cells), pictures=False)
    (sentence, *_) = [why for why in sentences(tmp_path) if told in why]
    assert sentence.startswith("ecotaxa_cast.tsv, row ")


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"NoUnderscore": "[t]"}, "row 1: the column 'nounderscore' is not of the form prefix_name"),
        ({"unknown_target": "[t]"}, "row 1: the column 'unknown_target' begins with no known prefix"),
        ({"object_strange": "[H]"}, "row 2: the type of 'object_strange' is '[h]': write [t] for text or [f]"),
        ({f"acq_own{n}": "[t]" for n in range(31)}, "columns of one's own begin with acq_, and EcoTaxa takes 30"),
        ({f"object_own{n}": "[t]" for n in range(21)}, "EcoTaxa takes 500 numbers and 20 texts: leave some out"),
    ],
)
def test_a_wrong_header_is_told(tmp_path, columns, told):
    project(tmp_path, rows({}), columns=COLUMNS | columns)
    assert any(told in why for why in sentences(tmp_path))


def test_missing_columns_are_told(tmp_path):
    for name in ("object_id", "img_file_name"):
        columns = {column: kind for column, kind in COLUMNS.items() if column != name}
        place = project(tmp_path / name, rows({}), columns=columns)
        assert any(f"there is no column {name}" in why for why in sentences(place))


def test_the_same_object_and_picture_twice_is_refused(tmp_path):
    place = project(tmp_path, rows({}, {"object_id": "o1", "img_file_name": "o1.png"}))
    (why,) = sentences(place)
    assert "row 4: the object 'o1' with the picture 'o1.png' was listed before (row 3): keep one of the two" in why


def test_an_object_of_two_tables_and_an_acquisition_of_two_samples_are_refused(tmp_path):
    project(tmp_path / "a", rows({}))
    project(tmp_path / "b", rows({"sample_id": "cast 2", "img_file_name": "other.png"}), name="ecotaxa_b.tsv")
    object_twice, acquisition = sentences(tmp_path)
    assert "b/ecotaxa_b.tsv, row 3: the object 'o1' is listed in a/ecotaxa_cast.tsv, too (row 3)" in object_twice
    assert "acq_id 'cast 1 d1' belongs to the sample 'cast 1' (a/ecotaxa_cast.tsv, row 3)" in acquisition


def test_a_cell_too_many_and_a_table_without_rows_are_refused(tmp_path):
    place = project(tmp_path / "long", rows({}))
    listed = place / "ecotaxa_cast.tsv"
    listed.write_text(listed.read_text().rstrip() + "\tmore\n")
    assert "take out a tab that is too many" in sentences(place)[0]
    assert "no object is listed" in sentences(project(tmp_path / "none", []))[0]


def test_a_table_that_was_cut_in_a_row_is_refused_and_one_that_only_lacks_empty_cells_is_read(tmp_path):
    project(tmp_path, rows({}, {"object_id": "o2"}))
    (table,) = tmp_path.glob("*.tsv")
    whole = table.read_text()
    table.write_text(whole[: whole.rindex("\t")])
    assert "row 4: the table breaks off in it, after" in sentences(tmp_path)[0]
    table.write_text(whole[: whole.rindex("\t")] + "\n")
    assert len(open_samples(tmp_path).samples) == 2


def test_all_breaches_are_listed_and_the_sentence_holds_the_first_ten(tmp_path):
    error = refusal(project(tmp_path, rows(*[{"object_lat": "95"}] * 14)))
    assert len(error.problems) == 14
    assert str(error).startswith("ecotaxa_cast.tsv holds 14 things that EcoTaxa's rules do not allow, so nothing")
    assert str(error).count("which lies outside") == 10
    assert str(error).endswith("And 4 more.")


def test_missing_pictures_are_listed_with_the_breaches(tmp_path):
    why = sentences(project(tmp_path, rows({"object_lat": "95"}), pictures=False))
    assert len(why) == 2
    assert "row 3: the picture o1.png is not there: copy it beside the table" in why[1]


@pytest.mark.parametrize(
    "text",
    [
        table(rows({})).encode() + b'"' + b"x" * 200_000,
        b"object_id\timg_file_name\tacq_id\n" + b"a\0b\tc\td\n",
        b"\xff\xfeo\0b",
    ],
    ids=["endless cell", "zero byte", "cut off"],
)
def test_bytes_that_are_no_table_are_one_sentence(tmp_path, text):
    (tmp_path / "ecotaxa_x.tsv").write_bytes(text)
    with pytest.raises(ValueError, match=r"ecotaxa_x\.tsv|holds no picture"):
        open_samples(tmp_path)


def test_real_broken_imports_are_each_refused_in_a_sentence(bad):
    listed = refusal(bad / "tsv_issues")
    told = " ".join(problem.why for problem in listed.problems)
    for word in (
        "'nounderscorecol'", "'unknown_target'", "'object_wrongtype'", "object_buggy_float is 'a'",
        "object_lat is '100'", "object_lon is '200'", "'20140433'", "'9920'", "'predit'", "'2015-11-31'",
        "m106_mn01_n3_sml_1.jpg is not there",
    ):  # fmt: skip
        assert word in told
    assert all("ecotaxa_m106_mn01_n3_sml.tsv, row " in problem.why for problem in listed.problems)
    assert "And 7 more." in str(listed)
    assert "row 3: no object is listed below the header" in str(refusal(bad / "empty_tsv"))
    with pytest.raises(ValueError, match=r"ecotaxa_breaking_hier.tsv names pictures that are not there.*\(row 3\)"):
        open_samples(bad / "breaking_hierarchy")


def test_real_table_that_breaks_the_hierarchy_is_refused_beside_the_project_it_breaks(bad, real_data, tmp_path):
    sound = real_data / "02_zooplankton_ecotaxa/ecotaxa_import/import_test/m106_mn01_n1_sml"
    for path in (*sound.iterdir(), *(bad / "breaking_hierarchy/m106_mn01_n1_sml").iterdir()):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert any("belongs to the sample 'm106_mn01_n1_sml_brk'" in why for why in sentences(tmp_path))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=12))
@pytest.mark.parametrize("read", [values.number, values.day, values.hour, values.state])
def test_any_text_in_a_cell_is_a_value_or_a_sentence_that_says_what_to_write(read, text):
    with contextlib.suppress(ValueError):
        read(text)
        return
    with pytest.raises(ValueError, match=r"^is no .*: (write|leave)"):
        read(text)


def test_what_a_project_holds_and_its_breaches_can_be_asked_for(tmp_path):
    with pytest.raises(ValueError, match="holds no EcoTaxa table"):
        ecotaxa.read(tmp_path)
    with pytest.raises(ValueError, match="volume_unit must be"):
        ecotaxa.read(project(tmp_path / "a", rows(VALIDATED)), volume_unit="furlong")
