"""W1, submitting a filled sheet of 20 items: receipt, submission, one finding, the fact, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.apps import apps

from bench.direct import Direct
from bench.metering import Figure, Meter, compare
from bench.site import Site
from bench.world import World
from bihuan.engines.sheets.queries import in_force, sheet_lines
from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.reactions import listeners_of

COMMAND = "sheets.submit_whole"
ITEMS = 20
TABLES = ("foundation.Receipt", "sheets.Submission", "sheets.Finding", "foundation.Event", "foundation.Reaction")
UNLIKE = {"id", "submission_id", "subject_id", "event_id", "digest", "answer", "at", "sent_at", "started_at", "submitted_at", "found_at",
          "recorded_at", "next_at", "answers"}  # fmt: skip
"""What differs between two submissions of the same answers: ids and moments, and what contains them."""


class Submitting:
    """The same submission as the product and as raw SQL write it."""

    def __init__(self, world: World) -> None:
        self.looker = world.lookers["bureau"]
        self.actor = self.looker.actor()
        self.school = world.home["school"]
        self.direct = Direct()
        today = date.today()  # noqa: DTZ011 - the sheet in force
        sheet = sheet_lines(self.actor, on=today)[0].sheet
        version = in_force(self.actor, sheet.pk, on=today)
        chosen = [item for item in version.content.items if item.kind == "pass-fail" and item.when is None][:ITEMS]
        answers: dict[str, Any] = {item.code: {"result": "pass"} for item in chosen}
        answers[chosen[-1].code] = {"result": "fail", "note": "灭火器指针在红区，需要更换", "place": "教学楼三层"}
        self.version_id, self.answers = version.id, answers
        self.templates = self._templates()

    def close(self) -> None:
        """Give the connection back."""
        self.direct.close()

    def product(self) -> UUID:
        """One envelope through the front door of all writes."""
        pk = uuid7()
        execute(self.actor, clock.now(), id=uuid7(), name=COMMAND, args=self.args(pk))
        return pk

    def args(self, pk: UUID) -> dict[str, Any]:
        """The envelope's arguments as a phone sends them."""
        return {
            "id": str(pk),
            "version_id": str(self.version_id),
            "org_id": str(self.school.pk),
            "answers": self.answers,
        }

    def _templates(self) -> list[tuple[str, list[str], list[Any]]]:
        """The rows that the product wrote, as statements with values; ids are put in anew each time."""
        pk = self.product()
        found = []
        event = self.direct.rows("SELECT id FROM foundation_event WHERE subject_id = %s", [self.direct.uuid(pk)])[0][0]
        receipt = self._receipt_of(pk)
        keys = {"Receipt": ("id", receipt), "Submission": ("id", self.direct.uuid(pk)), "Finding": ("submission_id", self.direct.uuid(pk)),
                "Event": ("id", event), "Reaction": ("event_id", event)}  # fmt: skip
        for label in TABLES:
            model = apps.get_model(label)
            columns = [f.column for f in model._meta.concrete_fields]
            is_json = [f.get_internal_type() == "JSONField" for f in model._meta.concrete_fields]
            text = "::text" if self.direct.postgres else ""
            read = ", ".join(f"{c}{text}" if j else c for c, j in zip(columns, is_json, strict=True))
            column, value = keys[label.split(".")[1]]
            for row in self.direct.rows(f"SELECT {read} FROM {model._meta.db_table} WHERE {column} = %s", [value]):
                marks = ", ".join("%s::jsonb" if j and self.direct.postgres else "%s" for j in is_json)
                conflict = " ON CONFLICT (id) DO NOTHING" if label == "foundation.Receipt" else ""
                sql = f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES ({marks}){conflict}"
                found.append((sql, columns, list(row)))
        return found

    def _receipt_of(self, pk: UUID) -> Any:
        like = f'%"{pk}"%'
        text = "answer::text" if self.direct.postgres else "answer"
        return self.direct.rows(f"SELECT id FROM foundation_receipt WHERE {text} LIKE %s", [like])[0][0]

    def raw(self) -> UUID:
        """The same rows in one transaction through the driver."""
        pk, event = uuid7(), uuid7()
        new = {
            "submission_id": self.direct.uuid(pk),
            "subject_id": self.direct.uuid(pk),
            "event_id": self.direct.uuid(event),
        }
        run = self.direct.run
        run("BEGIN" if self.direct.postgres else "BEGIN IMMEDIATE")
        for sql, columns, row in self.templates:
            own = pk if "sheets_submission" in sql else event if "foundation_event " in sql else uuid7()
            ids = {**new, "id": self.direct.uuid(own)}
            run(sql, [ids.get(column, value) for column, value in zip(columns, row, strict=True)])
        if self.direct.postgres:
            run("SELECT pg_notify('bihuan_events', '')")
        run("COMMIT")
        return pk

    def written(self, pk: UUID) -> list[Any]:
        """What was written of a submission, without ids and moments: the same for both sides."""
        found = []
        for label, column in (
            ("sheets.Submission", "id"),
            ("sheets.Finding", "submission_id"),
            ("foundation.Event", "subject_id"),
        ):
            rows = apps.get_model(label).objects.filter(**{column: pk}).values()
            found.append([{k: v for k, v in row.items() if k not in UNLIKE} for row in rows])
        answers = apps.get_model("sheets.Submission").objects.get(pk=pk).answers
        found.append({code: {k: v for k, v in answer.items() if k != "at"} for code, answer in answers.items()})
        return found


def check(world: World) -> None:
    """Both sides leave the same rows."""
    submitting = Submitting(world)
    try:
        product, raw = submitting.written(submitting.product()), submitting.written(submitting.raw())
        if product != raw or not product[1] or not product[2] or len(product[3]) != ITEMS:
            raise AssertionError(f"raw SQL does not write what the product writes:\n{product}\n{raw}")
    finally:
        submitting.close()


def figures(world: World, meter: Meter, rows: int) -> Iterator[Figure]:
    """CPU of one submission: the command, and the whole API call around it."""
    submitting, site = Submitting(world), Site()
    try:

        def over_http() -> None:
            body = {"id": str(uuid7()), "args": submitting.args(uuid7())}
            status, answer = site.post(f"/api/v1/commands/{COMMAND}", body, token=submitting.looker.token)
            if status != 200 or json.loads(answer)["replayed"]:
                raise RuntimeError(f"{status}: {answer[:300]!r}")

        costs = compare(meter, {"product": submitting.product, "http": over_http, "raw": submitting.raw})
        notes = {"listeners": len(list(listeners_of("sheets.submitted"))), "items": ITEMS}
        yield Figure.of("W1", "submit 20 items, command", 0, costs["product"], costs["raw"], ratio=3, notes=notes)
        yield Figure.of("W1", "submit 20 items, API call", 0, costs["http"], costs["raw"], notes=notes)
    finally:
        submitting.close()
        site.close()
