"""Diatom indices: the numbers of a published example and of arithmetic, honest intervals, refusals in sentences."""

import dataclasses

import numpy as np
import pytest

from imagine_kernels.use_case import Label, Model, Profile, Source
from imagine_kernels.use_cases.diatoms.index import LIMITS, Limits, index
from imagine_kernels.use_cases.diatoms.table import read_table

SEMOIS = {"ALAN": 9, "GPAR": 5, "NACO": 787, "NPAL": 197, "ZZZZ": 2}
"""Valves of 1000 in the River Semois: Round (1993), as told by Bellinger and Sigee (2010), table 3.13."""
SEMOIS_TABLE = "code,s,v\nALAN,3,1\nGPAR,2,1\nNACO,1,3\nNPAL,1,2\n"


def table(folder, text, name="values.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_table(path)


def model(confusion=(), labels=("ADMI", "NPAL", "debris"), **changes):
    above = ("Bacillariophyceae",)
    classes = (
        Label(n, n, codes=(("omnidia", n),), counted=n != "debris", parents=above * (n != "debris")) for n in labels
    )
    facts = {"weights": "", "sha256": "", "source": Source("", "", "", ""), "figures": (), "command": ""}
    made = Model("two", "Two", "resnet10t", tuple(classes), Profile(64), confusion=confusion, **facts)
    return dataclasses.replace(made, **changes)


def test_published_example_of_a_polluted_river_comes_out(tmp_path):
    found = index(SEMOIS, table(tmp_path, SEMOIS_TABLE))
    mean = (found.as_named + 3.75) / 4.75
    assert round(mean, 1) == 1.0  # as printed there
    assert mean == pytest.approx((9 * 3 + 5 * 2 + 787 * 3 + 197 * 2) / (9 + 5 + 787 * 3 + 197 * 2))
    assert found.valves == 1000
    assert found.covered == pytest.approx(0.998)
    assert found.missing == {"ZZZZ": 2}
    assert found.status == "bad"
    assert not found.confused


def test_ips_by_hand(tmp_path):
    found = index({"ADMI": 300, "NPAL": 100}, table(tmp_path, "code;s;v\nADMI;5;1\nNPAL;1;3\n"))
    # x = (300*5*1 + 100*1*3) / (300*1 + 100*3) = 3; 4.75 * 3 - 3.75 = 10.5
    assert found.as_named == pytest.approx(10.5)
    assert found.low < 10.5 < found.high
    assert found.status == "poor"
    assert sum(found.chances.values()) == pytest.approx(1)


def test_ibd_by_hand_in_its_own_form(tmp_path):
    text = "code,p1,p2,p3,p4,p5,p6,p7,v\nADMI,0,0,0,0,0,0.5,0.5,1\nNPAL,0.2,0.4,0.4,0,0,0,0,0.5\n"
    values = table(tmp_path, text)
    found = index({"ADMI": 100, "NPAL": 200}, values)
    # both weigh 100, so F is the mean of the profiles: B = (0.1 + 0.2*2 + 0.2*3 + 0.25*6 + 0.25*7) / 1 = 4.35
    assert values.index == found.name == "IBD"
    assert found.as_named == pytest.approx(4.75 * 4.35 - 8.5)
    assert found.limits.lowest == (17, 13, 9, 5)
    best = index({"ADMI": 400}, values)
    assert best.as_named == best.high == 20  # B above 6 is cut off


def test_interval_of_counting_is_as_wide_as_theory_says_and_narrows_with_the_count(tmp_path):
    values = table(tmp_path, "code,s,v\nADMI,5,1\nNPAL,1,1\n")
    few, many = (index({"ADMI": n, "NPAL": n}, values) for n in (50, 800))
    # the mean of n draws of 1 and 5, in units of 4.75: 1.96 * 2 * 4.75 / sqrt(n)
    for found, count in ((few, 100), (many, 1600)):
        assert found.high - found.low == pytest.approx(2 * 1.96 * 2 * 4.75 / count**0.5, rel=0.1)


def test_interval_holds_what_the_model_confuses_and_the_value_is_corrected_for_it(tmp_path):
    values = table(tmp_path, "code,s,v\nADMI,5,1\nNPAL,1,1\n")
    confused = model(((80, 20, 0), (0, 100, 0), (0, 0, 50)))  # a fifth of ADMI is called NPAL
    found = index({"ADMI": 160, "NPAL": 240, "debris": 90}, values, confused)
    plain = index({"ADMI": 160, "NPAL": 240}, values)
    assert found.confused
    assert found.valves == 400
    assert found.as_named == plain.as_named == pytest.approx(4.75 * (160 * 5 + 240) / 400 - 3.75)
    assert found.value == pytest.approx(4.75 * (200 * 5 + 200) / 400 - 3.75, abs=0.35)  # 200 and 200 are behind it
    assert found.low < 4.75 * 3 - 3.75 < found.high
    assert found.high - found.low > plain.high - plain.low


def test_interval_holds_the_truth_about_as_often_as_it_says(tmp_path):
    values = table(tmp_path, "code,s,v\nADMI,5,1\nNPAL,1,1\n")
    rng, truth, rates = np.random.default_rng(4), 0.7, np.array([[0.85, 0.15], [0.1, 0.9]])
    held = 0
    for seed in range(40):
        seen = rng.multinomial([200, 200], rates)
        confused = model(((*seen[0], 0), (*seen[1], 0), (0, 0, 100)))
        real = rng.binomial(400, truth)
        said = rng.multinomial([real, 400 - real], rates).sum(0)
        found = index({"ADMI": int(said[0]), "NPAL": int(said[1])}, values, confused, seed=seed)
        held += found.low <= 4.75 * (5 * truth + 1 - truth) - 3.75 <= found.high
    assert 34 <= held <= 40


def test_valves_named_by_a_higher_taxon_are_shared_out_and_told(tmp_path):
    values = table(tmp_path, "code,s,v\nADMI,5,1\nNPAL,1,1\n")
    # columns: ADMI, NPAL, debris, Bacillariophyceae, none of these
    unsure = model(((60, 0, 0, 40, 0), (0, 100, 0, 0, 0), (0, 0, 50, 0, 0)), back_off=0.8)
    found = index({"ADMI": 120, "NPAL": 200, "Bacillariophyceae": 80, "none of these": 7}, values, unsure)
    assert found.missing == {"Bacillariophyceae": 80}
    assert found.valves == 400
    assert found.covered == pytest.approx(1)
    assert found.value == pytest.approx(4.75 * 3 - 3.75, abs=0.3)


def test_too_few_valves_of_known_taxa_are_refused_naming_what_to_add(tmp_path):
    values = table(tmp_path, "code,s,v\nADMI,5,1\n")
    sentence = r"values\.csv tells values of the taxa of 60% of the valves.*needs 75%\. Add those of NPAL \(40 valves\)"
    with pytest.raises(ValueError, match=sentence):
        index({"ADMI": 60, "NPAL": 40}, values)
    with pytest.raises(ValueError, match="No valve has a name"):
        index({"none of these": 30}, values)


def test_class_limits_are_the_countrys_and_checked(tmp_path):
    values = table(tmp_path, "code,s,v\nADMI,4,1\n")
    ours = Limits((17, 15, 12, 9), "a decree")
    assert index({"ADMI": 400}, values).status == "good"  # 15.25
    assert index({"ADMI": 400}, values, limits=ours).limits.source == "a decree"
    assert index({"ADMI": 400}, values, limits=Limits((19, 16, 12, 9), "a decree")).status == "moderate"
    assert all(limits.source for limits in LIMITS.values())
    for wrong in ((13, 16, 11, 7), (25, 16, 11, 7), (16, 16, 11, 7)):
        with pytest.raises(ValueError, match="four numbers that fall from high to poor"):
            Limits(wrong, "nobody")


def test_tables_of_spreadsheets_are_read_whatever_their_separator_and_decimal_sign(tmp_path):
    rows = ["\ufeffCode;Name;IPSS;IPSV", "admi;A. minutissimum;5,0;1", ";;;", "NPAL;N. palea;1;3", "CXXX;none;0;0", ""]
    text = "\n".join(rows)
    found = table(tmp_path, text)
    assert {code: (*v.profile, v.weight) for code, v in found.values.items()} == {"ADMI": (5, 1), "NPAL": (1, 3)}
    assert found.skipped == ()
    (tmp_path / "old.csv").write_bytes("code\ts\tv\tnote\nADMI\t5\t1\tKützing\n".encode("cp1252"))
    assert set(read_table(tmp_path / "old.csv").values) == {"ADMI"}


def test_bad_rows_are_left_out_each_with_file_row_and_remedy(tmp_path):
    text = "code,s,v\nADMI,5,1\nADMI,4,1\n?,3,1\nGPAR,7,1\nNPAL,1,9\nCPLA,high,1\nFCAP,3,\n"
    found = table(tmp_path, text)
    assert set(found.values) == {"ADMI"}
    told = {skipped.where: skipped.why for skipped in found.skipped}
    assert told == {
        "values.csv, row 3": "ADMI was there before: keep one row for each taxon.",
        "values.csv, row 4": "'?' is no OMNIDIA code: give the four letters, such as ADMI.",
        "values.csv, row 5": "the sensitivity s of GPAR must lie in 1 to 5, not 7.",
        "values.csv, row 6": "the indicator value v of NPAL must lie in 1 to 3, not 9.",
        "values.csv, row 7": "CPLA has 'high' where a number is needed: write it, or leave all values empty.",
        "values.csv, row 8": "FCAP has an empty cell where a number is needed: write it, or leave all values empty.",
    }


def test_probabilities_that_are_none_are_left_out(tmp_path):
    text = "code,p1,p2,p3,p4,p5,p6,p7,v\nADMI,0,0,0,0,0,0.5,0.5,1\nNPAL,0.9,0.9,0,0,0,0,0,1\nGPAR,1,0,0,0,0,0,0,-1\n"
    found = table(tmp_path, text)
    assert [s.where for s in found.skipped] == ["values.csv, row 3", "values.csv, row 4"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "It needs the columns code, s and v .*it has none"),
        ("name,colour\nADMI,red\n", "no table of an index.*it has name, colour"),
        ("code,s,v\nADMI,9,1\n", "no row with values of a taxon. values.csv, row 2: the sensitivity s of ADMI"),
        ("code,s,v\nADMI,nan,1\n", "row 2: ADMI has 'nan'"),
        ("PK\x03\x04\0\0", "no table of text. Save the sheet as CSV"),
    ],
)
def test_files_that_are_no_table_are_refused_in_a_sentence(tmp_path, text, sentence):
    with pytest.raises(ValueError, match=sentence):
        table(tmp_path, text)


def test_missing_table_is_told_by_its_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="no_such"):
        read_table(tmp_path / "no_such.csv")
