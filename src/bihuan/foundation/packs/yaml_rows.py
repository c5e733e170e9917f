"""YAML with the row of every entry, so that a fault can point at its line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from bihuan.foundation.commands import in_chinese

Row = tuple[str, int, str, Any]
Wrong = tuple[str, int, str, str, str]
CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9@._-]{0,59}$")


def read_yaml(path: Path, folder: Path, shape: str, spec: type[BaseModel]) -> tuple[list[Row], list[Wrong]]:
    """Entries ``(file, row, code, spec)`` and faults ``(file, row, entry, code, sentence)`` of one file."""
    file = path.relative_to(folder).as_posix()
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        return [], [
            (file, mark.line + 1 if mark else 1, "", "packs.not_yaml", f"文件不是有效的 YAML：{error}".split("\n")[0])
        ]
    rows: list[Row] = []
    faults: list[Wrong] = []
    seen: dict[str, int] = {}
    for line, code, data in _raw(node, shape):
        if not isinstance(code, str) or not CODE.match(code):
            faults.append(
                (
                    file,
                    line,
                    str(code),
                    "packs.bad_code",
                    f"代码「{code}」不合规则：应为小写字母、数字和连字符，YAML 的 yes/no/on/off 会变成真假值",
                )
            )
            continue
        if code in seen:
            faults.append((file, line, code, "packs.twice", f"代码「{code}」在第 {seen[code]} 行已经用过"))
            continue
        seen[code] = line
        item, wrong = checked(spec, data)
        faults += [(file, line, code, "packs.bad_value", sentence) for sentence in wrong]
        if item is not None:
            rows.append((file, line, code, item))
    return rows, faults


def checked(spec: type[BaseModel], data: Any) -> tuple[BaseModel | None, list[str]]:
    """The spec of raw data, or a sentence for each thing that is wrong with it."""
    try:
        return spec.model_validate(data), []
    except ValidationError as error:
        return None, [f"{'.'.join(map(str, e['loc'])) or '整条'}：{in_chinese(e)}" for e in error.errors()]


def _raw(node: Any, shape: str) -> Iterable[tuple[int, Any, Any]]:
    if node is None:
        return
    loader = yaml.SafeLoader("")
    if shape == "whole":
        yield 1, "default", loader.construct_document(node)
    elif shape == "map" and isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.start_mark.line + 1, loader.construct_object(key), loader.construct_object(value, deep=True)
    elif shape == "list" and isinstance(node, yaml.SequenceNode):
        for child in node.value:
            data = loader.construct_object(child, deep=True)
            yield child.start_mark.line + 1, data.get("code") if isinstance(data, dict) else None, data
    else:
        yield node.start_mark.line + 1, None, None
