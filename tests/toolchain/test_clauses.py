"""The record of exercised clauses must be able to fail a run."""

import json

import pytest

EXERCISED = {"CB-01": ["test_policy.py::test_one"], "CB-02": ["test_policy.py::test_one", "test_policy.py::test_two"]}
POLICY = """
import pytest

@pytest.mark.clause("CB-01", "CB-02")
def test_one():
    pass

@pytest.mark.clause("CB-02")
@pytest.mark.parametrize("way", ["page", "api"])
def test_two(way):
    pass
"""


@pytest.fixture
def policy(pytester):
    """A small project whose tests exercise two clauses."""
    pytester.makepyprojecttoml(
        '[tool.pytest.ini_options]\ntestpaths = ["."]\nmarkers = ["clause(code): exercises a clause"]\n'
    )
    pytester.makepyfile(test_policy=POLICY)
    pytester.mkdir("packs")
    return pytester


def run(policy, *arguments):
    # in this process and without the plugins that this project loads for itself: they are not what is tested
    others = ("django", "playwright", "xdist", "schemathesis", "hypothesispytest")
    return policy.runpytest_inprocess("-p", "tests.clauses", *(f"-pno:{name}" for name in others), *arguments)


def kept(policy):
    return policy.path / "packs" / "exercised.json"


def test_a_full_run_writes_what_was_exercised(policy):
    assert run(policy, "--update-exercised").ret == 0
    assert json.loads(kept(policy).read_text(encoding="utf-8")) == EXERCISED
    assert run(policy).ret == 0


def test_a_difference_fails_a_full_run_and_names_the_clause(policy):
    kept(policy).write_text(json.dumps({**EXERCISED, "CB-03": ["test_policy.py::test_gone"]}), encoding="utf-8")
    result = run(policy)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*exercise CB-03;*"])


@pytest.mark.parametrize("arguments", [("-k", "one"), ("test_policy.py",), ("--deselect", "test_policy.py::test_two")])
def test_a_part_of_the_run_is_not_compared_and_writes_nothing(policy, arguments):
    kept(policy).write_text(json.dumps(EXERCISED), encoding="utf-8")
    assert run(policy, *arguments).ret == 0
    assert run(policy, *arguments, "--update-exercised").ret == pytest.ExitCode.TESTS_FAILED
    assert json.loads(kept(policy).read_text(encoding="utf-8")) == EXERCISED


def test_what_failed_proves_nothing(policy):
    policy.makepyfile(test_broken="def test_broken():\n    assert False\n")
    assert run(policy, "--update-exercised").ret == pytest.ExitCode.TESTS_FAILED
    assert not kept(policy).exists()
