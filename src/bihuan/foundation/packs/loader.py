"""Reading, checking, planning and installing a pack."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from django.conf import settings
from pydantic import Field

from bihuan.foundation import refusals
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import declare, record
from bihuan.foundation.models import InstalledPack
from bihuan.foundation.packs.catalogue import PLATFORM, forget
from bihuan.foundation.packs.sections import Change, Codes, Fault, Item, Proof, Section, Spec, sections
from bihuan.foundation.packs.yaml_rows import read_yaml
from bihuan.foundation.refusals import Refusal

APART = {"README.md", "demo", "expect"}
"""What a pack's folder may hold beside its chapters."""

declare({"packs.installed": "安装模型包"})
refusals.declare(
    {
        "packs.no_such_pack": (404, "没有找到名为「{pack}」的模型包。请检查文件夹里是否有 pack.yaml。"),
        "packs.faulty": (422, "模型包有{count}处问题，一条也没有安装。第一处：{first}"),
        "packs.needs": (409, "模型包「{pack}」需要先安装「{needs}」。"),
        "packs.not_yours": (403, "你的岗位不能安装模型包。请联系局系统管理员。"),
    }
)


class Need(Spec):
    """A pack that must be there first, at least at this version."""

    pack: str
    version: str


class Source(Spec):
    """A source that entries refer to by its code."""

    code: str
    title: str
    number: str = ""
    year: int
    proof: Proof


class Manifest(Spec):
    """``pack.yaml``."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,50}$")]
    name: str
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    summary: str
    needs: tuple[Need, ...] = ()
    region: str = ""
    sources: tuple[Source, ...] = ()


@dataclass
class ReadPack:
    """A pack as read from its folder, with everything that is wrong with it."""

    folder: Path
    manifest: Manifest | None
    items: dict[str, list[Item]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    needed: list[ReadPack] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """SHA-256 over every file's name and content."""
        whole = hashlib.sha256()
        for path in sorted(p for p in self.folder.rglob("*") if p.is_file()):
            whole.update(path.relative_to(self.folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return whole.hexdigest()

    def codes(self) -> Codes:
        """Every (section, code) of this pack and of those it needs; sources count as a section."""
        own = {(name, item.code) for name, found in self.items.items() for item in found}
        if self.manifest:
            own |= {("sources", source.code) for source in self.manifest.sources}
        return frozenset(own.union(*(pack.codes() for pack in self.needed)))

    def chapters(self) -> dict[str, list[Item]]:
        """Chapter → entries of this pack and of those it needs; the pack's own entry wins."""
        merged: dict[str, dict[str, Item]] = {}
        for pack in (*self.needed, self):
            whole = pack.items if pack is self else pack.chapters()
            for name, found in whole.items():
                merged.setdefault(name, {}).update({item.code: item for item in found})
        return {name: list(found.values()) for name, found in merged.items()}


def find(pack: str | Path) -> Path:
    """The folder of a pack given by path or by id; refusal ``packs.no_such_pack``."""
    for folder in (Path(pack), settings.BIHUAN_PACKS / str(pack)):
        if (folder / "pack.yaml").is_file():
            return folder.resolve()
    raise Refusal("packs.no_such_pack", pack=str(pack))


def read_pack(folder: Path) -> ReadPack:
    """Read and check a pack with all it needs; every problem at once, in file order."""
    found, wrong = read_yaml(folder / "pack.yaml", folder, "whole", Manifest)
    pack = ReadPack(folder, found[0][3] if found else None, faults=[Fault(*row) for row in wrong])
    if pack.manifest:
        pack.needed = list(_needed(pack))
    claimed = {folder / "pack.yaml"}
    for chapter in sections():
        items, faults = chapter.read(folder)
        pack.items[chapter.name] = items
        pack.faults += faults
        claimed |= set(folder.glob(chapter.file))
    pack.faults += _unknown_files(folder, claimed)
    codes = pack.codes()
    for chapter in sections():
        pack.faults += _check(chapter, pack.items[chapter.name], codes)
    pack.faults.sort()
    if not pack.faults:
        chapters = pack.chapters()
        pack.warnings = [warning for chapter in sections() for warning in chapter.warn(chapters)]
    return pack


def _check(chapter: Section, items: list[Item], codes: Codes) -> Iterable[Fault]:
    for item in items:
        source = getattr(item.spec, "source", None)
        if source and ("sources", source) not in codes:
            yield item.fault("packs.no_source", f"来源「{source}」没有写在 pack.yaml 的 sources 里")
        yield from chapter.check(item, codes)


def _needed(pack: ReadPack) -> Iterable[ReadPack]:
    assert pack.manifest
    for need in pack.manifest.needs:
        folder = pack.folder.parent / need.pack
        if not (folder / "pack.yaml").is_file():
            folder = settings.BIHUAN_PACKS / need.pack
        if not (folder / "pack.yaml").is_file():
            pack.faults.append(
                Fault("pack.yaml", 1, need.pack, "packs.no_need", f"需要的模型包「{need.pack}」不在旁边")
            )
            continue
        other = read_pack(folder)
        if other.manifest and _version(other.manifest.version) < _version(need.version):
            pack.faults.append(
                Fault(
                    "pack.yaml",
                    1,
                    need.pack,
                    "packs.old_need",
                    f"「{need.pack}」现在是 {other.manifest.version}，需要 {need.version}",
                )
            )
        yield other


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())


def _unknown_files(folder: Path, claimed: set[Path]) -> Iterable[Fault]:
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and path not in claimed and relative.parts[0] not in APART and path.suffix != ".csv":
            yield Fault(
                relative.as_posix(), 1, "", "packs.unknown_file", "不认识这个文件：文件名写错了，或这个章节还没有人读"
            )


def plan(folder: Path, bureau_id: UUID) -> list[Change]:
    """What installing would change, entry by entry."""
    pack = read_pack(folder)
    assert pack.manifest
    return [c for chapter in sections() for c in chapter.plan(bureau_id, pack.manifest.id, pack.items[chapter.name])]


@command("packs.install")
def install(by: Actor, at: datetime, *, pack: str, bureau_id: UUID | None = None) -> InstalledPack:
    """Install a pack for a bureau (without one: for the platform), all or nothing; the same pack again changes nothing.

    Refusals: ``packs.no_such_pack``, ``packs.faulty``, ``packs.needs``, ``packs.not_yours``.
    """
    owner = bureau_id or PLATFORM
    row = InstalledPack(bureau_id=owner)
    if not by.may("manage-packs", row):
        raise Refusal("packs.not_yours")
    if not by.is_system and "/" in pack.replace("\\", "/"):  # a path is for whoever sits at the server
        raise Refusal("packs.no_such_pack", pack=pack)
    folder = find(pack)
    read = read_pack(folder)
    if read.faults or not read.manifest:
        first = read.faults[0]
        raise Refusal(
            "packs.faulty", count=len(read.faults), first=f"{first.file} 第{first.row}行 {first.entry} {first.sentence}"
        )
    for need in read.manifest.needs:
        if not InstalledPack.objects.filter(bureau_id__in={PLATFORM, owner}, code=need.pack, is_current=True).exists():
            raise Refusal("packs.needs", pack=read.manifest.id, needs=need.pack)
    current = InstalledPack.objects.filter(bureau_id=owner, code=read.manifest.id, is_current=True).first()
    if current and current.digest == read.digest:
        return current
    for chapter in sections():
        chapter.put(owner, read.manifest.id, read.items[chapter.name])
    InstalledPack.objects.filter(bureau_id=owner, code=read.manifest.id).update(is_current=False)
    row.code, row.version, row.digest = read.manifest.id, read.manifest.version, read.digest
    row.name, row.installed_at = read.manifest.name, at
    row.save()
    record(row, "packs.installed", by=by, at=at, pack=row.code, version=row.version, digest=row.digest)
    forget()
    return row
