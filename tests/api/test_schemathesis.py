"""Made-up calls against the live server, good and bad, for every operation: never a 5xx, always a problem for a 4xx."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.doors import Machine

PROGRAM = Path(sys.executable).with_name("schemathesis")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
MOST = {"GET": 15, "POST": 3}
"""Made-up examples for each operation, besides the schema's own corner cases."""


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_made_up_call_breaks_the_server(lived, site, tmp_path, method):
    """As somebody who may do much, so that calls get far: the safety office reads, the administrator writes."""
    token = lived.token("zhao" if method == "GET" else "admin")
    done = subprocess.run(  # one worker: in two threads at once the generator's ast.parse fails on Python 3.11
        [
            str(PROGRAM), "run", f"{site.url}/api/v1/openapi.json", "--header", f"Authorization: Bearer {token}",
            "--include-method", method, "--checks", CHECKS, "--mode", "all", "--phases", "examples,coverage,fuzzing",
            "--max-examples", str(MOST[method]), "--seed", "20261122", "--generation-deterministic",
            "--workers", "1", "--request-timeout", "20", "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off",
            "--no-shrink", "--no-color",
        ],
        env={**os.environ, "NO_PROXY": "127.0.0.1"}, cwd=tmp_path, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "No test cases" not in done.stdout
    assert Machine(site.url, token).get("/refusals").status_code == 200
