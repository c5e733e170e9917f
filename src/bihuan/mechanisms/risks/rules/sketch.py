"""A school without a floor plan gets a drawn one: its areas as boxes, always the same from the same net. Pure.

Surroundings lie outside the wall, gates and boundary along its foot, grounds to the right, buildings with their rooms in
the middle. It is a sketch to find a place by, and says so; a real plan is a picture that the school uploads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from html import escape

ROOM_WIDTH, ROOM_HEIGHT = 136.0, 92.0
GAP, HEAD, MARGIN = 10.0, 26.0, 16.0
MAIN_WIDTH, GROUNDS_WIDTH = 760.0, 250.0
MARK = 30.0
"""Between two points of one box."""
_ZONES = {"surroundings": "outside", "boundary": "foot", "outdoor": "grounds"}
_SHORT = 9
"""Characters of a name that fit across a room."""


@dataclass(frozen=True, slots=True)
class Area:
    """An area of the school's tree."""

    id: str
    path: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Box:
    """An area on the sketch: the left upper corner, the size, and whether other boxes stand in it."""

    id: str
    name: str
    x: float
    y: float
    width: float
    height: float
    look: str
    is_block: bool = False

    def spot(self, index: int, count: int) -> tuple[float, float]:
        """Where the *index*-th of *count* points of this area stands: rows below the name, or beside it on a block."""
        room = (12.0 if self.is_block else self.height - HEAD) - 8
        across = max(1, int((self.width - 12) // MARK))
        rows = -(-count // across)
        step = min(MARK, room / rows) if rows > 1 else 0.0
        first = HEAD / 2 if self.is_block else HEAD + 12
        column = index % across
        x = self.width - MARK / 2 - 6 - column * MARK if self.is_block else 6 + MARK / 2 + column * MARK
        return self.x + x, self.y + first + (index // across) * step


@dataclass(frozen=True, slots=True)
class Sketch:
    """The whole drawing, in units of its own."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    wall: tuple[float, float, float, float]

    def place(self, area_id: str, index: int, count: int) -> tuple[float, float]:
        """The share of width and height (0 to 1) at which a point of an area stands; the middle for an unknown area."""
        box = next((box for box in self.boxes if box.id == area_id), None)
        x, y = box.spot(index, count) if box else (self.width / 2, self.height / 2)
        return round(x / self.width, 4), round(y / self.height, 4)


@dataclass
class _Node:
    area: Area
    children: list[_Node] = field(default_factory=list)


def draw(school: Area, areas: Iterable[Area]) -> Sketch:
    """The sketch of a school from its areas; the school itself is the box of what belongs to no area."""
    roots = _tree(sorted(areas, key=lambda area: area.path))
    zones: dict[str, list[_Node]] = {"outside": [], "foot": [], "grounds": [], "main": []}
    for node in roots:
        zones[_ZONES.get(node.area.kind, "main") if not node.children else "main"].append(node)
    common = _Node(replace(school, name="校园公共处"))
    wide = bool(zones["grounds"])
    whole = MAIN_WIDTH + (GROUNDS_WIDTH + GAP if wide else 0)
    boxes: list[Box] = []
    y = MARGIN
    if zones["outside"]:
        row, y = _row(zones["outside"], MARGIN, y, whole, "outside")
        boxes += row
        y += GAP
    wall_top = y
    y += GAP
    main, bottom = _shelves([*zones["main"], common], MARGIN + GAP, y, MAIN_WIDTH - 2 * GAP)
    boxes += main
    if wide:
        each = max(ROOM_HEIGHT, (bottom - y - GAP * (len(zones["grounds"]) - 1)) / len(zones["grounds"]))
        top = y
        for node in zones["grounds"]:
            left = MARGIN + MAIN_WIDTH
            boxes.append(Box(node.area.id, node.area.name, left, top, GROUNDS_WIDTH - GAP, each, "grounds"))
            top += each + GAP
        bottom = max(bottom, top - GAP)
    y = bottom + GAP
    if zones["foot"]:
        row, y = _row(zones["foot"], MARGIN + GAP, y, whole - 2 * GAP, "foot")
        boxes += row
        y += GAP
    wall = (MARGIN, wall_top, whole, y - wall_top)
    return Sketch(whole + 2 * MARGIN, y + MARGIN, tuple(boxes), wall)


def _tree(areas: Collection[Area]) -> list[_Node]:
    roots: list[_Node] = []
    open_: list[_Node] = []
    for area in areas:
        node = _Node(area)
        while open_ and not area.path.startswith(open_[-1].area.path):
            open_.pop()
        (open_[-1].children if open_ else roots).append(node)
        open_.append(node)
    return roots


def _row(nodes: list[_Node], x: float, y: float, width: float, look: str) -> tuple[list[Box], float]:
    each = (width - GAP * (len(nodes) - 1)) / len(nodes)
    height = ROOM_HEIGHT * 0.8
    boxes = [Box(n.area.id, n.area.name, x + i * (each + GAP), y, each, height, look) for i, n in enumerate(nodes)]
    return boxes, y + height


def _shelves(nodes: list[_Node], x: float, y: float, width: float) -> tuple[list[Box], float]:
    """Boxes from left to right, a new shelf when one is full; each shelf is stretched to the width."""
    shelves: list[list[tuple[_Node, float]]] = [[]]
    for node in nodes:
        need = _width(node, width)
        used = sum(w + GAP for _, w in shelves[-1])
        if shelves[-1] and used + need > width + 0.01:
            shelves.append([])
        shelves[-1].append((node, need))
    boxes: list[Box] = []
    for shelf in shelves:
        spare = (width - sum(w for _, w in shelf) - GAP * (len(shelf) - 1)) / len(shelf) if shelf else 0
        left, deepest, shelf_boxes = x, y, []
        for node, need in shelf:
            found, bottom = _put(node, left, y, need + spare)
            shelf_boxes.append(found)
            deepest = max(deepest, bottom)
            left += need + spare + GAP
        for found in shelf_boxes:  # neighbours end on one line
            boxes += [replace(found[0], height=deepest - y), *found[1:]]
        y = deepest + GAP
    return boxes, y - GAP


def _width(node: _Node, most: float) -> float:
    if not node.children:
        return ROOM_WIDTH
    wanted = min(len(node.children), 4) * (ROOM_WIDTH + GAP) + GAP
    return min(most, max(wanted, 2 * ROOM_WIDTH))


def _put(node: _Node, x: float, y: float, width: float) -> tuple[list[Box], float]:
    area = node.area
    if not node.children:
        return [Box(area.id, area.name, x, y, width, ROOM_HEIGHT, "room")], y + ROOM_HEIGHT
    inner, bottom = _shelves(node.children, x + GAP, y + HEAD, width - 2 * GAP)
    bottom += GAP
    return [Box(area.id, area.name, x, y, width, bottom - y, "block", is_block=True), *inner], bottom


_LOOKS = {  # fill, line
    "room": ("#ffffff", "#aab4bb"),
    "block": ("#f1f4f6", "#5d6b75"),
    "grounds": ("#eaf2ea", "#8aa58c"),
    "foot": ("#f6f3ec", "#b3a586"),
    "outside": ("#f7f7f7", "#c3c9cd"),
}
_FONTS = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, WenQuanYi Micro Hei, sans-serif"


def _size(sketch: Sketch) -> str:
    return f'width="{sketch.width:g}" height="{sketch.height:g}"'


def svg(sketch: Sketch, title: str) -> str:
    """The drawing as a standalone picture: no script, no link, no font but the reader's own."""
    x, y, width, height = sketch.wall
    size = f"{sketch.width:g} {sketch.height:g}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" {_size(sketch)} font-family="{_FONTS}">',
        f"<title>{escape(title)}</title>",
        f'<rect {_size(sketch)} fill="#ffffff"/>',
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="#fbfcfc" stroke="#5d6b75" stroke-width="2.5"/>',
    ]
    for box in sketch.boxes:
        fill, line = _LOOKS[box.look]
        dash = ' stroke-dasharray="5 4"' if box.look == "outside" else ""
        weight = "600" if box.is_block else "400"
        fits = max(_SHORT, int((box.width - 12) // 14))
        name = box.name if len(box.name) <= fits else box.name[: fits - 1] + "…"
        parts.append(
            f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="2" '
            f'fill="{fill}" stroke="{line}"{dash}/><text x="{box.x + 8:.1f}" y="{box.y + 18:.1f}" font-size="13" '
            f'font-weight="{weight}" fill="#37434b">{escape(name)}</text>'
        )
    return "".join(parts) + "</svg>\n"
