"""`netc explain`: pages, JSON, files and bad usage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netc import Builder, Head, Model, write

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def adder(tmp_path: Path) -> Path:
    build = Builder(3)
    write(build.finish(list(build.full_adder(*map(build.input, range(3))))), tmp_path / "adder.aig")
    return tmp_path / "adder.aig"


def test_a_circuit(netc: Any, adder: Path) -> None:
    done = netc("explain", adder, "--features", "a,b,c")
    assert done.code == 0
    assert done.err == ""
    assert done.text.splitlines() == [
        "adder: 3 inputs, 2 outputs, 2 rules",
        "",
        "y[0] = a ^ b ^ c",
        "    support  3 inputs, of a cone of 6 ANDs",
        "    table    01101001 over a, b, c",
        "    facts    parity: exactly 1 or 3 of a, b, c",
        "",
        "y[1] = (a & (b | c)) | (b & c)",
        "    support  3 inputs, of a cone of 5 ANDs",
        "    table    00010111 over a, b, c",
        "    facts    symmetric: at least 2 of a, b, c; increasing in a, b, c",
        "",
        "left_out: how the gates compute these functions, and how often each is true on data",
        "checked: 2 rules, each on every pattern of its inputs",
    ]


def test_details_are_limited_and_the_page_says_so(netc: Any, adder: Path) -> None:
    text = netc("explain", adder, "--details", "1").text
    assert text.count("    table") == 1
    assert "left_out: tables, facts and neurons of 1 rule (--details, --output, --json); how" in text


def test_picked_outputs(netc: Any, adder: Path) -> None:
    text = netc("explain", adder, "--output", "1").text
    assert "y[1] = " in text
    assert "y[0] = " not in text
    assert netc("explain", adder, "--output", "y[1],0").text.count(" = ") == 2


def test_a_picked_output_says_what_it_votes_for(netc: Any) -> None:
    text = netc("explain", EXAMPLES / "iris" / "model.pt", "--output", "23,27,0").text
    assert "    outputs  y[23], y[27]\n    votes    +2 for virginica\n" in text
    assert "    votes    +1 for setosa\n" in text
    assert "left_out: 27 of the circuit's 30 outputs" in text


def test_json_and_a_file(netc: Any, tmp_path: Path) -> None:
    done = netc("explain", EXAMPLES / "iris" / "model.pt", "--json", "-o", "rules.json")
    assert (done.code, done.out, done.err) == (0, b"", "")
    data = json.loads((tmp_path / "rules.json").read_text())
    assert list(data) == ["netc", "schema", "name", "circuit", "leaves", "classes", "rules", "left_out"]
    assert [found["name"] for found in data["classes"]] == ["setosa", "versicolor", "virginica"]
    leaf = next(found for found in data["leaves"] if found["leaf"] == 14)
    assert leaf == {
        "leaf": 14,
        "name": "petal_width > 1.55",
        "feature": 3,
        "feature_name": "petal_width",
        "relation": ">",
        "threshold": 1.55,
    }
    (rule,) = [rule for rule in data["rules"] if rule["formula"] == "petal_width > 1.55"]
    assert rule["roots"] == [{"kind": "output", "name": "y[24]"}, {"kind": "output", "name": "y[25]"}]
    assert rule["table"] == "01"
    assert rule["facts"]["increasing"] == ["petal_width"]
    assert rule["checked"] == "simulation"
    assert [1, 24, False] in rule["neurons"]
    assert all(table is None or set(table) <= set("01-") for table in (rule["table"] for rule in data["rules"]))
    votes = {rule_id: weight for found in data["classes"] for rule_id, weight in found["votes"]}
    assert votes[rule["id"]] == 2
    assert data["left_out"]


def test_names_that_are_no_text_or_would_move_a_cursor_are_escaped(netc: Any, tmp_path: Path) -> None:
    aig = Builder(2).finish([2, 5], names={"input": {0: "\udcff", 1: "\x1b[2J"}})
    write(Model(aig, head=Head.group_sum(2, 2), class_names=("\udcfe", "\x07")), tmp_path / "m.aig")
    page = netc("explain", "m.aig")
    assert 'r0: "\\udcff"' in page.text
    assert page.text.replace("\n", "").isprintable()
    data = json.loads(netc("explain", "m.aig", "--json").text)
    assert [found["name"] for found in data["classes"]] == ["\udcfe", "\x07"]
    assert data["rules"][1]["formula"] == '~"\\u001b[2J"'


def test_page_and_json_are_the_same_each_time(netc: Any) -> None:
    for more in ([], ["--json"]):
        runs = {netc("explain", EXAMPLES / "iris" / "model.pt", *more).out for _ in range(2)}
        assert len(runs) == 1


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--output", "7"], "--output: there is no output '7'\n  hint: outputs are 0 to 1, or go by their names"),
        (["--output", "page.txt"], "-o FILE writes the page to a file"),
        (["--features", "a,b"], "--features: 2 names for 3 inputs"),
        (["--details", "-1"], "--details"),
        (["-o", "nowhere/page.txt"], "nowhere"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(netc: Any, adder: Path, options: list[str], what: str) -> None:
    done = netc("explain", adder, *options)
    assert done.code == 2
    assert done.out == b""
    assert what in done.err
    assert "Traceback" not in done.err


def test_a_model_without_an_encoder_takes_thresholds(netc: Any, tmp_path: Path) -> None:
    build = Builder(2)
    write(build.finish([build.and_(build.input(0), build.input(1) ^ 1)]), tmp_path / "m.aig")
    text = netc("explain", "m.aig", "--thresholds", "1,2", "--features", "width").text
    assert "y[0] = width > 1 & width <= 2" in text
