"""Pipeline text."""

import pytest

from netc import NetcError
from netc.levels import EFFORTS, GOALS, LEVELS, level_text
from netc.pipeline import Best, Climb, Partition, PassStep, Repeat, parse


@pytest.mark.parametrize(
    "text", [*LEVELS, "best(balance | rewrite; dce | )", "partition{nodes=7}(limit{work=9}(fold))"]
)
def test_text_and_pipeline_are_the_same_thing(text: str) -> None:
    assert str(parse(str(parse(text)))) == str(parse(text))


@pytest.mark.parametrize("level", range(len(LEVELS)))
@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("effort", EFFORTS)
def test_every_level_goal_and_effort_has_a_pipeline(level: int, goal: str, effort: str) -> None:
    text = level_text(level, goal, effort)
    assert str(parse(text)) == str(parse(str(parse(text))))
    assert text.startswith(LEVELS[level])
    assert ("climb{n=1000000" in text) == (effort == "deep" and level >= 2)


def test_each_candidate_of_a_climb_has_its_own_branch_and_seed() -> None:
    climb = parse("climb{seed=5}(sweep; balance | repeat{n=2}(best(dce | sweep{seed=9})))").steps[0]
    assert isinstance(climb, Climb)
    assert [str(climb.candidate(index)) for index in range(4)] == [
        "sweep{seed=5}; balance",
        "repeat{n=2}(best(dce | sweep{seed=6}))",
        "sweep{seed=7}; balance",
        "repeat{n=2}(best(dce | sweep{seed=8}))",
    ]


def test_text_shows_the_first_option_and_those_that_are_not_as_usual() -> None:
    for text in ("repeat{n=8,gain=3}(dce)", "repeat{n=8}(dce)", "climb{n=9,slack=2}(dce | sweep)", "best(dce | fold)"):
        assert str(parse(text)) == text


def test_structure_and_options() -> None:
    steps = parse(" strash ;repeat{ n = 3 }(rewrite{zero=true, cuts=4}; best(balance | dce)) ; partition(fold);").steps
    assert isinstance(steps[0], PassStep)
    repeat = steps[1]
    assert isinstance(repeat, Repeat)
    assert repeat.n == 3
    assert str(repeat.body.steps[0]) == "rewrite{cuts=4,zero=true}"
    assert isinstance(repeat.body.steps[1], Best)
    assert isinstance(steps[2], Partition)
    assert steps[2].nodes == 20_000


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("strash rewrite", 8, "expected ';' before 'rewrite'"),
        ("strash; rewrit", 9, "there is no pass called 'rewrit'"),
        ("rewrite{deep=1}", 1, "rewrite has no option 'deep'"),
        ("rewrite{cuts=many}", 1, "cuts is a number, not 'many'"),
        ("rewrite{zero=maybe}", 1, "zero is true or false"),
        ("rewrite{zero}", 1, "needs a value"),
        ("repeat(strash", 14, "expected ')'"),
        ("repeat", 7, "needs a pipeline in parentheses"),
        ("repeat{n=0}(strash)", 1, "at least 1"),
        ("repeat{gain=-1}(strash)", 1, "at least 0"),
        ("repeat{m=2}(strash)", 1, "has no option 'm'"),
        ("repeat(strash | dce)", 1, "takes one pipeline"),
        ("strash; !", 9, "'!' does not belong here"),
        ("repeat(lower-head)", 1, "belongs at the top level"),
        ("partition(best(lower-head | dce))", 11, "belongs at the top level"),
        (")", 1, "expected ';' before ')'"),
    ],
)
def test_what_is_wrong_is_said_with_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(NetcError) as caught:
        parse(text)
    assert caught.value.place == f"pipeline:1:{column}"
    assert message in caught.value.what


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(NetcError, match="did you mean rewrite"):
        parse("rewrit")
