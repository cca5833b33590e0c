"""Fill a claim's slots: quantities and the check query; its times stand in :mod:`ytterby.evidence.timing`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ytterby.evidence.claims import Check, Quantity, TimeSpan
from ytterby.evidence.claims import Span as Quote
from ytterby.evidence.kinds import Rule
from ytterby.evidence.numbers import MONEY, Number
from ytterby.evidence.scene import Scene, Span

_DURATIONS = frozenset({"day", "week", "month", "year"})
_REE_CODES = ("280530", "2846")


def quote_of(scene: Scene, start: int, end: int) -> Quote:
    """Characters ``start``..``end`` of a sentence as a span of its article."""
    while start < end and scene.text[start].isspace():
        start += 1
    base = scene.sentence.start
    return Quote(start=base + start, end=base + end, quote=scene.text[start:end])


def inside(start: int, end: int, span: Span) -> bool:
    """Whether characters ``start``..``end`` lie in ``span``."""
    return span[0] <= start and end <= span[1]


def quantities(scene: Scene, span: Span, rule: Rule) -> tuple[Quantity, ...]:
    """Numbers of the units the kind takes; a conversion in brackets is dropped."""
    found = [n for n in scene.numbers if n.unit in rule.units and inside(n.start, n.end, span)]
    if rule.scope != "conversion":
        found = [n for n in found if not _is_conversion(scene, n)]
    found = [n for n in found if n.unit not in _DURATIONS or not _in_a_time(scene, n)]
    if rule.check == "ratio" and any(n.unit == "ratio" for n in found):
        found = [n for n in found if n.unit == "ratio"]
    if "USD_per_kg" in rule.units and any(n.unit == "USD_per_kg" for n in found):
        found = [n for n in found if n.unit not in MONEY]
    if (
        rule.check == "share"
        and len(found) == 2
        and scene.has("produce", span)
        and scene.has("process", span)
    ):
        found = [found[_place_of(scene, rule)]]
    if rule.first_money:
        found = [n for n in found if n.unit not in MONEY][:2] + [n for n in found if n.unit in MONEY][:1]
    found = [n for n in found if n.unit not in ("chemical_element", "mineral") or not _named_before(scene, n)]
    if rule.check == "import_share" and len(found) == 2 and not {n.role for n in found} - {"amount"}:
        found = [replace(n, role=role) for n, role in zip(found, ("from", "to"), strict=True)]
    return tuple(_quantity(scene, n, rule) for n in found)


def _in_a_time(scene: Scene, number: Number) -> bool:
    """Of "a year ago": when, not how long something lasts."""
    return any(m.at <= number.start < m.stop and not m.role and m.granularity != "span" for m in scene.times)


def _place_of(scene: Scene, rule: Rule) -> int:
    """Which of "70 % of mining and 90 % of processing" is the rule's: by the order of the words."""
    process_first = scene.hits["process"][0].start < scene.hits["produce"][0].start
    return int(process_first == (rule.kind == "production_share"))


def _named_before(scene: Scene, number: Number) -> bool:
    """Of "the three metals": they were counted before."""
    return (
        scene.text[: number.start]
        .rstrip()
        .lower()
        .endswith((" die", " der", " den", "the", "les", "these", "ces"))
    )


def _is_conversion(scene: Scene, number: Number) -> bool:
    before = scene.text[: number.start].rstrip()
    money_before = any(n.unit in MONEY and n.end <= number.start for n in scene.numbers)
    return number.unit in MONEY and before.endswith(("(", "（")) and money_before


def _quantity(scene: Scene, n: Number, rule: Rule) -> Quantity:
    role = rule.quantity_role or n.role
    if n.role != "amount":
        role = n.role
    return Quantity(
        value=n.value, unit=n.unit, role=role, qualifier=n.qualifier, span=quote_of(scene, n.start, n.end)
    )


def check_of(rule: Rule, roles: Sequence[tuple[str, str]], materials: Sequence[str],
             found: Sequence[Quantity], when: Sequence[TimeSpan]) -> Check | None:  # fmt: skip
    """The query that checks a numeric claim, by the schema's section 6; None without enough to ask."""
    who = next((c for c, r in roles if r == "agent"), None)
    other = next((c for c, r in roles if r in ("counterpart", "target")), None)
    material = next(
        (m for m in materials if m in ("REE", "REE_magnets")), materials[0] if materials else None
    )
    values = tuple(q.value for q in found if q.value is not None)
    start = next(
        (int(t.start[:4]) for t in when if t.start and t.role in ("baseline", "since", "period")), None
    )
    years: tuple[int | str, ...] = (start, "latest") if start else ("latest",)
    if rule.check == "fx" and len(found) >= 2 and values[0]:
        rate = round(values[1] / values[0], 4)
        return Check.model_validate(
            {"type": "fx", "from": found[0].unit, "to": found[1].unit, "implied_rate": rate}
        )
    if who is None or rule.check in (None, "fx"):
        return None
    if rule.check == "import_share":
        return Check(
            type="import_share", measure=f"share of {other} in {who} imports" if other else "import share",
            importer=who, exporter=other, material=material, hs=_REE_CODES if material == "REE" else None,
            years=years, claimed=values or None, unit="percent",
        )  # fmt: skip
    if rule.check == "ratio":
        return Check(
            type="ratio", measure="apparent consumption or imports", country=who, material=material,
            years=years, claimed=values[0] if values else None,
        )  # fmt: skip
    measure = rule.kind if rule.kind.endswith("_share") else "production_share"
    expect = "rank==1" if rule.check == "rank" else None
    return Check(
        type=str(rule.check), measure=measure, country=who, material=material,
        claimed=values[0] if values else None, unit="percent" if values else None,
        expect=expect or (None if values else ">50 percent"),
    )  # fmt: skip
