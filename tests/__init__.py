"""The tests that span rooms."""

NEWER_BUILD = "newer-build"
"""A file of this name in the data folder of a test's server is a newer build of the phone's client."""
