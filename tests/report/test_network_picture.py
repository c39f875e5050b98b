"""The picture of a network: every box and line is there, none on top of another."""

import itertools
import xml.etree.ElementTree as ElementTree

import pytest

from trimtab.report.pictures.network import Frame, Node, network

SVG = "{http://www.w3.org/2000/svg}"

GRAPHS = {
    "row": ["ab", "bc", "cd"],
    "skip": ["ab", "bc", "cd", "ad"],
    "two inputs": ["ac", "bc", "cd", "ce", "be", "ae"],
    "wide": ["ab", "ac", "ad", "ae", "bf", "cf", "df", "ef", "af"],
}


def drawn(edges, **options):
    keys = sorted({key for edge in edges for key in edge})
    nodes = [Node(key, f"Layer {key}", (("takes", "(None, 8)"),) * (ord(key) % 3)) for key in keys]
    made = network(nodes, [tuple(edge) for edge in edges], title="graph", **options)
    return ElementTree.fromstring(str(made)), keys


def rectangles(picture, kind):
    return [
        tuple(float(each.get(name)) for name in ("x", "y", "width", "height"))
        for each in picture.iter(f"{SVG}rect")
        if each.get("class") == kind
    ]


def ends(picture):
    for each in picture.iter(f"{SVG}path"):
        if each.get("class") == "edge":
            numbers = each.get("d").replace("M", " ").replace("L", " ").replace("C", " ").split()
            yield [*map(float, numbers[:2])], [*map(float, numbers[-2:])], numbers


@pytest.mark.parametrize("sideways", [False, True])
@pytest.mark.parametrize("graph", GRAPHS)
def test_boxes_lie_apart_and_lines_lead_from_one_to_another(graph, sideways):
    picture, keys = drawn(GRAPHS[graph], sideways=sideways)
    boxes = rectangles(picture, "box")
    (paper,) = rectangles(picture, "paper")
    assert len(boxes) == len(keys)
    for x, y, width, height in boxes:
        assert x >= 5 and y >= 5
        assert x + width <= paper[2] - 5 and y + height <= paper[3] - 5
    for (x, y, width, height), (u, v, wide, high) in itertools.combinations(boxes, 2):
        assert x + width < u or u + wide < x or y + height < v or v + high < y
    found = [*ends(picture)]
    assert len(found) == len(GRAPHS[graph])
    for edge, (start, end, _) in zip(GRAPHS[graph], found, strict=True):
        x, y, width, height = boxes[keys.index(edge[0])]
        u, v, wide, high = boxes[keys.index(edge[1])]
        if sideways:
            expected = (x + width, y + height / 2), (u - 6, v + high / 2)
        else:
            expected = (x + width / 2, y + height), (u + wide / 2, v - 6)
        assert start == pytest.approx(expected[0], abs=0.11)
        assert end == pytest.approx(expected[1], abs=0.11)


@pytest.mark.parametrize("graph", ["skip", "wide", "two inputs"])
def test_lines_pass_beside_boxes(graph):
    picture, _ = drawn(GRAPHS[graph])
    boxes = rectangles(picture, "box")
    for start, end, numbers in ends(picture):
        places = [*map(float, numbers)]
        for x, y in zip(places[2:-2:2], places[3:-2:2], strict=True):
            for u, v, wide, high in boxes:
                inside = u + 1 < x < u + wide - 1 and v + 1 < y < v + high - 1
                assert not inside, (start, end)


def test_a_row_is_straight():
    picture, _ = drawn(GRAPHS["row"])
    middles = {round(x + width / 2) for x, _, width, _ in rectangles(picture, "box")}
    assert len(middles) == 1


def test_frames_hold_their_boxes():
    picture, _ = drawn(GRAPHS["row"], frames=[Frame("block", frozenset("bc"))])
    (frame,) = rectangles(picture, "frame")
    held = [
        frame[0] < x and frame[1] < y and x + width < frame[0] + frame[2]
        and y + height < frame[1] + frame[3]
        for x, y, width, height in rectangles(picture, "box")
    ]  # fmt: skip
    assert held == [False, True, True, False]


def test_names_are_escaped():
    made = network([Node("a", "<script>", (("<b>", "&"),))], [], title="</svg>")
    assert "<script" not in made and "<b>" not in made and "</svg></" not in made
    ElementTree.fromstring(str(made))


def test_nothing_to_draw():
    ElementTree.fromstring(str(network([], [], title="empty")))
