"""The data rules that make distributing over bureaus a setting and a migration (docs/house.md, "Data rules")."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

REFERENCE = {
    "accounts.ApiToken", "accounts.User", "responsibility.Org",
    "foundation.Job", "foundation.Receipt",
}  # fmt: skip
"""Catalogues, people, the tree, the timetable and receipts (keyed by the client's UUID alone): nothing in them points at a tenant's rows."""

OURS = [m for m in apps.get_models() if m.__module__.startswith("bihuan.") and m._meta.managed]
TENANT = [
    m for m in OURS if m._meta.label not in REFERENCE and "bureau_id" in {f.attname for f in m._meta.concrete_fields}
]


def label(model):
    return model._meta.label


def test_every_table_is_a_tenants_or_a_known_reference():
    known = REFERENCE | {label(m) for m in TENANT}
    strange = sorted(
        label(m) for m in OURS if label(m) not in known and not label(m).startswith(("accounts.", "foundation."))
    )
    assert strange == []


@pytest.mark.parametrize("model", TENANT, ids=label)
def test_the_bureau_stands_first_in_every_unique_key(model):
    keys = [c.fields for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
    assert [fields for fields in keys if fields[0] not in ("bureau_id", "bureau")] == []
    lonely = [f.name for f in model._meta.concrete_fields if f.unique and not f.primary_key and not f.one_to_one]
    assert lonely == []
    assert not model._meta.unique_together


@pytest.mark.parametrize("model", OURS, ids=label)
def test_rows_are_tied_only_downwards_and_never_many_to_many(model):
    assert [f.name for f in model._meta.local_many_to_many] == []
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey) and field.related_model.__module__.startswith("bihuan."):
            assert field.remote_field.related_name == "+", field
            if label(model) in REFERENCE:
                assert label(field.related_model) in REFERENCE, f"{field} points at a tenant's row"


@pytest.mark.parametrize("model", TENANT, ids=label)
def test_ids_are_made_by_the_application(model):
    assert isinstance(model._meta.pk, models.UUIDField | models.CompositePrimaryKey | models.OneToOneField), (
        model._meta.pk
    )
