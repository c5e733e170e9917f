"""Which tests exercise which clause of a policy: kept in packs/exercised.json, where `bihuan pack coverage` reads it.

A test says so itself: `@pytest.mark.clause("CB-11")`. After a full run in which everything passed, what was exercised
is compared with the committed file; a difference fails the run. `--update-exercised` writes the file instead.
"""

import json
from collections import defaultdict

import pytest

PASSED = pytest.StashKey[dict[str, set[str]]]()


def pytest_addoption(parser):
    parser.addoption(
        "--update-exercised", action="store_true", help="write packs/exercised.json from what this full run exercised"
    )


def pytest_configure(config):
    config.stash[PASSED] = defaultdict(set)
    config.pluginmanager.register(_Recorder(config), "bihuan-clauses")


def pytest_collection_modifyitems(items):
    for item in items:
        for mark in item.iter_markers("clause"):
            item.user_properties.extend(("clause", code) for code in mark.args)


class _Recorder:
    def __init__(self, config):
        self.config = config
        self.complaint = ""

    def pytest_runtest_logreport(self, report):
        if report.when == "call" and report.passed:
            test = report.nodeid.partition("[")[0]  # one line for all parameters
            for name, code in report.user_properties:
                if name == "clause":
                    self.config.stash[PASSED][code].add(test)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session, exitstatus):
        if exitstatus != 0 or not _full_run(self.config):
            if self.config.option.update_exercised and not hasattr(self.config, "workerinput"):
                self._complain(
                    session, "packs/exercised.json was not written: that needs a full run in which all passed"
                )
            return
        path = self.config.rootpath / "packs" / "exercised.json"
        now = {code: sorted(tests) for code, tests in sorted(self.config.stash[PASSED].items())}
        if self.config.option.update_exercised:
            path.write_text(json.dumps(now, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            return
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if kept != now:
            differing = sorted(code for code in kept.keys() | now.keys() if kept.get(code) != now.get(code))
            self._complain(
                session,
                f"packs/exercised.json no longer says which tests exercise {', '.join(differing)}; "
                "look at the change, then run: python3 run.py test --update-exercised",
            )

    def _complain(self, session, complaint):
        self.complaint = complaint
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        if self.complaint:
            terminalreporter.section("clauses", red=True)
            terminalreporter.line(self.complaint)


def _full_run(config):
    chosen = config.option
    narrowed = (chosen.keyword, chosen.markexpr, chosen.deselect, chosen.collectonly, chosen.ignore, chosen.ignore_glob)
    return (
        config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and not any(narrowed)
        and not getattr(chosen, "lf", False)
        and not hasattr(config, "workerinput")
    )
