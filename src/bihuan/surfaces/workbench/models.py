"""What a person keeps at the desk."""

from __future__ import annotations

from django.db import models

from bihuan.foundation.ids import uuid7


class SavedView(models.Model):
    """A named filter of one list, of one person: ``page`` is the list's path, ``query`` what stands after the ``?``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=60)
    name = models.CharField(max_length=20)
    query = models.CharField(max_length=600, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "user", "page", "name"], name="saved_view_name")]
        indexes = [models.Index(fields=["user", "page", "made_at"], name="saved_view_by_user")]
