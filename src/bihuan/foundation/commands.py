"""Commands: the only way anything is written.

``@command("cases.take_step")`` makes a function one transaction, checks its arguments by their annotations, and lets it
be sent as an *envelope* ``{id, command, args}``: the receipt of the client's UUID shares the transaction, so sending
it six times at once is one fact and one answer.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar, get_type_hints
from uuid import UUID

import msgspec
from django.db import DatabaseError, connection, models, transaction
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from bihuan.foundation import hot
from bihuan.foundation.actors import Actor
from bihuan.foundation.models import Receipt
from bihuan.foundation.refusals import Refusal

LONGEST_SECONDS = 300
"""A transaction older than this is refused at its end: sealing relies on it (see ``sealing.LAG``)."""

P = ParamSpec("P")
R = TypeVar("R")

phone_time: ContextVar[datetime | None] = ContextVar("phone_time", default=None)
"""When the phone says that this was done, by its own clock."""
phone_drift: ContextVar[timedelta] = ContextVar("phone_drift", default=timedelta(0))
"""What to add to the phone's clock to have the server's; a command that was given moments of the phone adds it to them."""


@dataclass(frozen=True)
class Command:
    """A registered command: its name, its function (``inside`` a transaction of the caller, or with its own) and the
    model of its arguments."""

    name: str
    function: Callable[..., Any]
    inside: Callable[..., Any]
    arguments: type[BaseModel]
    summary: str
    secret: frozenset[str] = frozenset()
    reading: Reading | None = None

    def read(self, args: Arguments) -> tuple[dict[str, Any], str]:
        """Typed arguments with their digest; refuses as ``parse`` does."""
        if (read := self.read_quickly(args)) is not None:
            return read
        parsed = self.parse(msgspec.json.decode(args) if isinstance(args, msgspec.Raw) else args)
        return parsed, _digest(self.name, parsed)

    def read_quickly(self, args: Arguments) -> tuple[dict[str, Any], str] | None:
        """``read`` for arguments that are as they should be, by the command's own ``reading``."""
        if self.reading is None:
            return None
        try:
            text = bytes(args) if isinstance(args, msgspec.Raw) else _text_of(args)
            if _NUL in text or (read := self.reading(args)) is None:
                return None
            return read, _sha256(_packed([self.name, read]))
        except (OverflowError, TypeError, ValueError):  # half of a character: ``parse`` has the sentence for it
            return None

    def parse(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Typed arguments, or ``foundation.bad_input`` with a sentence per field."""
        broken = {
            name: "里面有不能保存的字符，请删去以后再提交" for name, value in _doubtful(args) if _unkeepable(value)
        }
        if broken:
            summary = "；".join(f"{name}：{text}" for name, text in broken.items())
            raise Refusal("foundation.bad_input", fields=broken, count=len(broken), summary=summary)
        try:
            parsed = self.arguments.model_validate(dict(args))
        except ValidationError as error:
            fields = {".".join(map(str, e["loc"])): in_chinese(e) for e in error.errors()}
            summary = "；".join(f"{name}：{text}" for name, text in fields.items())
            raise Refusal("foundation.bad_input", fields=fields, count=len(fields), summary=summary) from None
        return {name: getattr(parsed, name) for name in type(parsed).model_fields}


class Outcome(msgspec.Struct, frozen=True):
    """What the sender of an envelope learns: the JSON answer, and whether it had been done before."""

    answer: dict[str, Any]
    replayed: bool


class Envelope(msgspec.Struct, frozen=True):
    """A command on its way: who, when the server had it, and what the client wrote."""

    by: Actor
    at: datetime
    id: UUID
    name: str
    args: Arguments
    sent_at: datetime | None = None
    drift: timedelta = timedelta(0)


class Call(msgspec.Struct, frozen=True):
    """An envelope whose arguments have been checked: what a room's batch function gets."""

    envelope: Envelope
    args: dict[str, Any]
    digest: str


Arguments = Mapping[str, Any] | msgspec.Raw
"""What a client wrote: read already, or still the JSON text of an object."""
Reading = Callable[[Arguments], dict[str, Any] | None]
"""Reads arguments at a fraction of pydantic's price, or says ``None``. The fields of its structs stand in the order of the
alphabet: so a digest need not sort them."""
_registry: dict[str, Command] = {}
_batches: dict[str, tuple[Callable[[Sequence[Call]], list[Any]], Callable[[Mapping[str, Any]], bool]]] = {}


def commands() -> Mapping[str, Command]:
    """Every registered command by name."""
    return dict(sorted(_registry.items()))


def command(
    name: str, *, secret: tuple[str, ...] = (), reading: Reading | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Register a function ``(by, at, *, keyword arguments)`` as a command in one transaction.

    ``secret`` names the parts of the answer that are told once and never kept in the receipt. ``reading`` is for a command
    that is sent all day: it reads arguments that are as they should be at a fraction of the price, and leaves all others
    (``None``) to the model of the annotations, which has a sentence for each mistake.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def in_time(*args: P.args, **kwargs: P.kwargs) -> R:
            started = time.monotonic()
            result = function(*args, **kwargs)
            if time.monotonic() - started > LONGEST_SECONDS:
                raise Refusal("foundation.too_slow")
            return result

        @wraps(function)
        def in_one_transaction(*args: P.args, **kwargs: P.kwargs) -> R:
            with transaction.atomic():
                return in_time(*args, **kwargs)

        summary = (inspect.getdoc(function) or "").split("\n")[0]
        if name in _registry:
            raise ValueError(f"command {name} is registered twice")
        _registry[name] = Command(
            name, in_one_transaction, in_time, _arguments(name, function), summary, frozenset(secret), reading
        )
        return in_one_transaction

    return decorate


def execute(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    name: str,
    args: Arguments,
    sent_at: datetime | None = None,
    drift: timedelta = timedelta(0),
) -> Outcome:
    """Run a command under a client-made UUID, at most once.

    ``at`` is the server's moment (deadlines start from it), ``sent_at`` the phone's own, ``drift`` what the phone's clock
    lacks. Neither is part of what is compared when the envelope comes again. Refusals:
    ``foundation.unknown_command``, ``foundation.bad_input``, ``foundation.receipt_conflict`` (same id, other content or
    other person), and whatever the command refuses; a refusal rolls the receipt back.
    """
    found = _registry.get(name)
    if found is None:
        raise Refusal("foundation.unknown_command", name=name)
    parsed, digest = found.read(args)
    token, drifted = phone_time.set(sent_at), phone_drift.set(drift)
    try:
        with transaction.atomic():
            if not _claim(id, by, name, digest, at, sent_at):
                replayed = _replayed(Receipt.objects.get(pk=id), digest, by)
                if isinstance(replayed, Refusal):
                    raise replayed
                return replayed
            answer = _answer(found.inside(by, at, **parsed))
            _keep(id, {key: value for key, value in answer.items() if key not in found.secret})
            return Outcome(answer, replayed=False)
    finally:
        phone_time.reset(token)
        phone_drift.reset(drifted)


def together(
    name: str, *, fits: Callable[[Mapping[str, Any]], bool]
) -> Callable[[Callable[[Sequence[Call]], list[Any]]], Callable[[Sequence[Call]], list[Any]]]:
    """Register the batch twin of a command: many calls of one bureau in one transaction, with statements for sets.

    It answers for each call what the command would, or the ``Refusal`` that the command would raise (and then has written
    nothing for it). It may raise for the whole; then each is carried out for itself. *fits* says of arguments that the
    command's ``reading`` has read whether the twin knows how.
    """

    def decorate(function: Callable[[Sequence[Call]], list[Any]]) -> Callable[[Sequence[Call]], list[Any]]:
        _batches[name] = (function, fits)
        return function

    return decorate


def together_names() -> Iterable[str]:
    """The commands that have a batch twin."""
    return _batches.keys()


def ready(one: Envelope) -> Call | None:
    """The envelope with its arguments read, if it can be carried out in a batch with others of its command."""
    function, fits = _batches.get(one.name, (None, None))
    read = _registry[one.name].read_quickly(one.args) if function else None
    return Call(one, *read) if read and fits and fits(read[0]) else None


def execute_together(calls: Sequence[Call]) -> list[Outcome | Refusal]:
    """Carry out what is ``ready``, each at most once: the same as ``execute`` for each, in one transaction a bureau.

    Refusals are answered, never raised, and touch nobody else. When a batch fails as a whole (somebody was faster, the
    database refused) it is tried once more, and then each of its envelopes by itself.
    """
    found: dict[int, Outcome | Refusal] = {}
    batches: dict[tuple[UUID | None, str], dict[int, Call]] = {}
    seen: set[UUID] = set()
    twice: list[int] = []
    for n, call in enumerate(calls):
        one = call.envelope
        if one.id in seen:
            twice.append(n)  # the same envelope came by two ways at once: it is answered from the receipt of the first
            continue
        seen.add(one.id)
        batches.setdefault((one.by.bureau_id, one.name), {})[n] = call
    for batch in batches.values():
        found |= _of_one_bureau(batch)
    found |= {n: _alone(calls[n].envelope) for n in twice}
    return [found[n] for n in range(len(calls))]


def _of_one_bureau(calls: Mapping[int, Call]) -> dict[int, Outcome | Refusal]:
    for look in (False, True):
        try:
            with transaction.atomic():
                return _batch(calls, look=look)
        except (DatabaseError, Refusal):
            continue
    return {n: _alone(call.envelope) for n, call in calls.items()}


def _batch(calls: Mapping[int, Call], *, look: bool) -> dict[int, Outcome | Refusal]:
    """One bureau's calls inside a transaction. Hardly any has been carried out before, so receipts are looked for only when
    theirs cannot be written (*look*), and for calls that would be refused now."""
    found = _replays(calls) if look else {}
    fresh = {n: call for n, call in calls.items() if n not in found}
    if not fresh:
        return found
    name = next(iter(fresh.values())).envelope.name
    receipts, refused = [], {}
    for (n, call), result in zip(fresh.items(), _batches[name][0](list(fresh.values())), strict=True):
        if isinstance(result, Refusal):
            found[n], refused[n] = result, call
            continue
        answer = _answer(result)
        found[n] = Outcome(answer, replayed=False)
        receipts.append(_receipt(call.envelope, call.digest, answer))
    hot.insert(receipts)
    if refused:
        found |= _replays(refused)
    return found


def _replays(calls: Mapping[int, Call]) -> dict[int, Outcome | Refusal]:
    """What those of the calls were answered that have been carried out before."""
    ids = hot.listed([call.envelope.id for call in calls.values()])
    known = {row.pk: row for row in hot.rows_of(Receipt, hot.among("id"), [ids])}
    return {
        n: _replayed(known[call.envelope.id], call.digest, call.envelope.by)
        for n, call in calls.items()
        if call.envelope.id in known
    }


def _alone(one: Envelope) -> Outcome | Refusal:
    try:
        return execute(one.by, one.at, id=one.id, name=one.name, args=one.args, sent_at=one.sent_at, drift=one.drift)
    except Refusal as refusal:
        return refusal


def _replayed(receipt: Receipt, digest: str, by: Actor) -> Outcome | Refusal:
    """What was answered before, if this is the same envelope of the same person."""
    if receipt.digest != digest or receipt.user_id != by.id:
        return Refusal("foundation.receipt_conflict")
    return Outcome(receipt.answer, replayed=True)


def _receipt(one: Envelope, digest: str, answer: dict[str, Any]) -> Receipt:
    return hot.fresh(
        Receipt, id=one.id, bureau_id=one.by.bureau_id, user_id=one.by.id, command=one.name, digest=digest, at=one.at,
        sent_at=one.sent_at, answer=answer,
    )  # fmt: skip


def carried_out(by: Actor, ids: Iterable[UUID]) -> set[UUID]:
    """Which of these envelopes of mine have been carried out."""
    wanted = list(ids)
    return set(Receipt.objects.filter(pk__in=wanted, user_id=by.id).values_list("pk", flat=True)) if wanted else set()


def _claim(id: UUID, by: Actor, name: str, digest: str, at: datetime, sent_at: datetime | None) -> bool:
    """Insert the receipt unless it exists; a rival's uncommitted insert is waited for."""
    row = _receipt(Envelope(by, at, id, name, {}, sent_at), digest, {})
    return bool(hot.insert([row], unless_there=True))


def _keep(id: UUID, answer: dict[str, Any]) -> None:
    """Write the answer into the receipt."""
    field, pk = Receipt._meta.get_field("answer"), Receipt._meta.get_field("id")
    hot.execute(
        "UPDATE foundation_receipt SET answer = %s WHERE id = %s",
        [field.get_db_prep_save(answer, connection), pk.get_db_prep_save(id, connection)],
    )


def _arguments(name: str, function: Callable[..., Any]) -> type[BaseModel]:
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    first = [p.name for p in parameters][:2]
    if first != ["by", "at"]:
        raise TypeError(f"command {name} must take (by, at, *, …)")
    fields: dict[str, Any] = {
        p.name: (hints[p.name], ... if p.default is p.empty else p.default)
        for p in parameters
        if p.kind is p.KEYWORD_ONLY
    }
    title = "".join(part.capitalize() for part in name.replace(".", "_").split("_"))
    return create_model(
        title, __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=False, str_strip_whitespace=True), **fields
    )


_text_of = msgspec.json.Encoder(enc_hook=str).encode
_NUL = b"\\u0000"
"""How JSON writes the sign that no database keeps."""


def _doubtful(args: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """The arguments, if any of them may hold a text that cannot be kept: one encoding tells, looking at each text costs more."""
    try:
        return args.items() if _NUL in _text_of(args) else ()
    except (TypeError, ValueError):  # half of a character, or keys that no JSON has
        return args.items()


def _unkeepable(value: Any) -> bool:
    """Whether a text in it can be kept by no database: a NUL, or half of a character."""
    match value:
        case str():
            return "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value)
        case Mapping():
            return any(_unkeepable(key) or _unkeepable(one) for key, one in value.items())
        case list() | tuple():
            return any(_unkeepable(one) for one in value)
        case _:
            return False


def _fields_or_text(value: Any) -> Any:
    return value.__dict__ if isinstance(value, BaseModel) else str(value)


_packed = msgspec.msgpack.Encoder(order="deterministic", uuid_format="bytes", enc_hook=_fields_or_text).encode
"""The same arguments give the same bytes, whether they were read quickly or by their model; at half of JSON's price."""
_written = msgspec.json.Encoder(order="deterministic", enc_hook=_fields_or_text).encode


def _digest(name: str, parsed: Mapping[str, Any]) -> str:
    try:
        return _sha256(_packed([name, parsed]))
    except OverflowError:  # a number of more than 64 bits
        return _sha256(_written([name, parsed]))


def _sha256(said: bytes) -> str:
    return hashlib.sha256(said).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    return str(value)


_PLAIN = {str, int, bool, type(None)}
_answer_text = json.JSONEncoder(default=_plain).encode


def _answer(result: Any) -> dict[str, Any]:
    if isinstance(result, models.Model):
        number = getattr(result, "number", None)
        return {"id": str(result.pk)} | ({"number": number} if number else {})
    if isinstance(result, list):
        return {"items": [_answer(item) for item in result]}
    if isinstance(result, dict) and all(type(value) in _PLAIN or value == [] for value in result.values()):
        return result
    answer: dict[str, Any] = msgspec.json.decode(_answer_text(result or {}))
    return answer


_SENTENCES = {
    "missing": "必须填写",
    "extra_forbidden": "不认识这一项，请删去",
    "string_too_short": "内容太短，至少{min_length}个字",
    "string_too_long": "内容太长，最多{max_length}个字",
    "uuid_parsing": "编号格式不对",
    "date_from_datetime_parsing": "日期格式不对，应如 2026-11-22",
    "date_parsing": "日期格式不对，应如 2026-11-22",
    "datetime_parsing": "时间格式不对，应如 2026-11-22T10:32",
    "datetime_from_date_parsing": "时间格式不对，应如 2026-11-22T10:32",
    "int_parsing": "应填整数",
    "bool_parsing": "应填是或否",
    "decimal_parsing": "应填数字",
    "greater_than_equal": "不能小于{ge}",
    "less_than_equal": "不能大于{le}",
    "literal_error": "只能是：{expected}",
    "string_type": "应填文字",
    "list_type": "应为列表",
    "dict_type": "应为对象",
}


def in_chinese(error: Mapping[str, Any]) -> str:
    """A pydantic error as a Chinese sentence for the person who typed it."""
    sentence = _SENTENCES.get(error["type"], "填写有误，请检查")
    return sentence.format(**{k: v for k, v in error.get("ctx", {}).items() if isinstance(k, str)})
