"""The benchmarks measure what they say: product and raw SQL find and leave the same rows. Never a time."""

import mmap
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from bench import case_rows, w1, w1p, w3, w5, w5todo, w6, w7in, w7out, world
from bench.direct import postmaster
from bench.metering import Figure, Meter, Side, compare, peak_since
from bench.run import WORKS, run

ROWS = 4000


@pytest.fixture
def apart():
    """Run in a thread of its own: the browser tests leave an event loop running in this one."""

    def carried_out(function, *args):
        def work():
            try:
                return function(*args)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(work).result()

    return carried_out


@pytest.mark.django_db(transaction=True)
def test_product_and_raw_do_the_same_work(apart):
    made = world.make(schools=3)
    case_rows.fill(made, ROWS, at=case_rows.now())
    apart(w3.check, made)
    apart(w7out.check, made)
    apart(w1.check, made)
    apart(w1p.check, made)
    apart(w5.check, made)
    apart(w5todo.check, made, 200)
    apart(w7in.check, made, 60)
    apart(w6.check, made, 500, 40)


@pytest.mark.django_db(transaction=True)
def test_a_list_that_differs_is_found_out(apart, monkeypatch):
    made = world.make(schools=3)
    case_rows.fill(made, ROWS, at=case_rows.now())
    monkeypatch.setitem(w3.LISTS, "overdue", ("stage=open&time=overdue", "is_open AND due_at > {now}", "due_at", "ASC"))
    with pytest.raises(AssertionError, match="not what raw SQL finds"):
        apart(w3.check, made)


@pytest.mark.django_db
def test_the_meter_sees_application_and_database():
    meter = Meter(postmaster())

    def busy():
        sum(n * n for n in range(20_000))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM (SELECT 1 FROM django_migrations a, django_migrations b, django_migrations c) AS many"
            )

    prepared = []
    costs = compare(
        meter, {"busy": Side(busy, lambda: prepared.append(1)), "idle": lambda: None}, repetitions=3, times=5
    )
    assert len(prepared) == 3
    assert costs["busy"].median("application") > costs["idle"].median("application")
    assert (costs["busy"].median("database") > 0) == (connection.vendor == "postgresql")
    figure = Figure.of("W0", "busy", 1, costs["busy"], costs["busy"], ratio=3)
    assert (figure.ratio, figure.met, figure.database) == (1.0, True, connection.vendor)


def test_flatness_compares_the_same_list_at_two_sizes():
    notes = {"door": "api", "scope": "city", "list": "overdue", "page": 1}
    found = [
        Figure("W3", "x", "postgresql", rows, "CPU us", cpu, notes=notes) for rows, cpu in ((100, 10.0), (1000, 16.0))
    ]
    [growth] = w3.flatness(found)
    assert (growth.product, growth.met) == (1.6, False)


def test_memory_that_was_given_back_is_seen_and_a_mapped_file_is_not(tmp_path):
    big = tmp_path / "big"
    big.write_bytes(b"x" * (40 << 20))
    with peak_since() as grown:
        held = b"x" * (20 << 20)
        with big.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert mapped[:: mmap.PAGESIZE].count(b"x") == (40 << 20) // mmap.PAGESIZE
            time.sleep(0.1)
        del held
    assert 20 << 20 <= grown[0] < 40 << 20


def test_an_unknown_work_is_said_and_nothing_runs(capsys):
    assert run(["W99"]) == 2
    assert "W99" in capsys.readouterr().err
    assert set(WORKS) == {"W1", "W1p", "W3", "W5", "W5todo", "W6", "W7in", "W7out"}
