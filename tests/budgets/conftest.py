"""The district of the journeys, and the option that writes the committed numbers anew."""

from tests.journeys.world import _copies, lived, world

__all__ = ["_copies", "lived", "world"]


def pytest_addoption(parser):
    parser.addoption(
        "--update-budgets", action="store_true", help="write tests/budgets/queries.json anew from what is counted now"
    )
