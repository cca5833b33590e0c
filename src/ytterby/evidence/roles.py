"""Who does what to whom: one small function for each way in which kinds deal out roles.

Each takes the scene, the characters of the claim and where the rule's words stand, and returns
``(country, role)`` pairs. The text decides; where it names nobody, what earlier sentences said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ytterby.evidence.scene import Mention, Scene, Span

Roles = list[tuple[str, str]]
Assign = Callable[[Scene, Span, int], Roles]
_ADJECTIVES = (
    "ische", "ischen", "ischer", "isches", "ese", "ian", "aise", "aises", "ais", "ain", "ains", "aine",
    "aines", "ois", "oise", "oises", "ien", "iens", "ienne", "iennes", "éen", "éens", "éenne", "ish", "ican",
)  # fmt: skip
_GOVERNING = ("regierung", "government", "gouvernement", "president", "präsident", "président", "minist")
_OWNED = 4  # characters between a country and its ban ("China's ban")
_MOST = 4  # parties of one joint act; longer lists are lists of something else


def _joint(scene: Scene, span: Span, _anchor: int) -> Roles:
    """All are agents; a deal that names one party only is with the other of the pair."""
    hosts = [m.id for m in scene.actors(span) if m.relation == "in"]
    found = scene.ids(span) or scene.ids()
    acting = (
        [c for c in found if c not in hosts] or [c for c in scene.pronoun_ids() if c not in hosts] or found
    )
    pair = next(
        (p for p in (scene.context.deal_pair, scene.context.pair) if not acting or set(acting) <= set(p)), ()
    )
    abroad = any(c not in (*scene.context.pair, *scene.context.deal_pair) for c in hosts)
    if not acting and not pair and scene.context.subject:
        return [(scene.context.subject, "agent")]
    if len(acting) < 2 and pair and not abroad:
        acting = [*pair]
    known = scene.context.deal_pair
    if known and "CHN" in acting and "CHN" not in known:
        return [*((c, "agent") for c in known), ("CHN", "target")]
    rivals = [c for c in acting if len(acting) > 2 and c == "CHN" and "CHN" not in scene.context.pair]
    agents = [c for c in acting if c not in rivals][:_MOST]
    rest = [(c, "host") for c in hosts if c not in acting] + [(c, "target") for c in rivals]
    return [(c, "agent") for c in agents] + rest


def _joint_context(scene: Scene, span: Span, anchor: int) -> Roles:
    """As joint, but the named ones alone when they are named."""
    found = scene.ids(span)
    return [(c, "agent") for c in found[:_MOST]] if len(found) >= 2 else _joint(scene, span, anchor)


def _agents(scene: Scene, span: Span, _anchor: int) -> Roles:
    hosts = [m.id for m in scene.actors(span) if m.relation in ("in", "to") and not m.by_person]
    acting = [c for c in scene.ids(span) if c not in hosts]
    if len(acting) < 2:
        return [(c, "agent") for c in scene.ids(span)[:3]]
    return [(c, "agent") for c in acting[:3]] + [(c, "host") for c in hosts[:1]]


def _none(_scene: Scene, _span: Span, _anchor: int) -> Roles:
    return []


def _single(scene: Scene, span: Span, _anchor: int) -> Roles:
    subject = scene.subject(span)
    return [(subject, "agent")] if subject else []


def _related(scene: Scene, span: Span, *relations: str) -> list[str]:
    return [m.id for m in scene.actors(span) if m.relation in relations]


def _control(scene: Scene, span: Span, _anchor: int) -> Roles:
    """The exporter controls; where goods go to, or whom it is aimed at, is the target."""
    ids = scene.ids(span) or scene.ids()
    known = scene.context.control_agent
    origin = _related(scene, span, "from")
    goals = _related(scene, span, "to")
    agent: str | None
    if "CHN" in goals and known != "CHN":
        others = [c for c in ids if c not in goals]
        agent = next(iter(others), scene.context.subject if scene.context.subject != "CHN" else None)
    elif "CHN" in ids and (known in (None, "CHN")):
        agent = "CHN"
    else:
        agent = next(iter(origin), known if known in ids else scene.subject(span))
    if not ids or agent is None:
        agent = known or agent
    targets = [c for c in _related(scene, span, "to", "against") if c != agent]
    scene.context.control_agent = agent
    return ([(agent, "agent")] if agent else []) + [(c, "target") for c in targets[:2]]


def _licence(scene: Scene, span: Span, anchor: int) -> Roles:
    """The licence is asked of the one who controls; companies of others only need it."""
    known = scene.context.control_agent
    if known and known not in scene.ids(span):
        return [(known, "agent"), *((c, "target") for c in scene.ids(span)[:2])]
    return _control(scene, span, anchor)


def _stop(scene: Scene, span: Span, anchor: int) -> Roles:
    """As written: the subject stops, the other one is hit."""
    ids = (
        [m.id for m in scene.actors(span) if m.start not in scene.speaking] or scene.ids(span) or scene.ids()
    )
    origin = [c for c in _related(scene, span, "from", "by") if c in ids]
    beside = [m for m in scene.actors(span) if 0 <= anchor - m.end <= _OWNED]
    owner = [m.id for m in beside if m.relation not in ("to", "with", "in", "on")]
    if owner and owner[0] in ids and not origin:
        aims = [c for c in _related(scene, span, "to", "against") if c != owner[0]]
        scene.context.control_agent = scene.context.control_agent or owner[0]
        return [(owner[0], "agent"), *((c, "target") for c in aims[:1])]
    agent = origin[0] if origin and (len(ids) > 1 or len(scene.ids(span)) > 1) else scene.subject(span)
    if agent is None:
        return []
    scene.context.control_agent = scene.context.control_agent or agent
    return [(agent, "agent"), *((c, "target") for c in ids if c != agent)][:2]


def _first(scene: Scene, span: Span, _anchor: int) -> Roles:
    exports = scene.has("export") or scene.has("export_control")
    agent = scene.subject(span) if scene.ids(span) else (scene.context.control_agent if exports else None)
    role = "target" if scene.ids(span) and scene.has("company", span) and not exports else "agent"
    return [(agent, role)] if agent else []


def _inherit_control(scene: Scene, span: Span, anchor: int) -> Roles:
    known = scene.context.control_agent
    return [(known, "agent")] if known else _first(scene, span, anchor)


def _pledge(scene: Scene, span: Span, _anchor: int) -> Roles:
    """Who promises and to whom; "the package" goes on with the promise before."""
    last = scene.context.pledge
    ids = scene.ids(span)
    subject = scene.subject(span)
    if not scene.named(span) and scene.group("org", span):
        return []  # companies deal with each other; no country is named
    opening = min((h.first for h in scene.hits.get("anaphor", ())), default=9) == 0
    if last and (opening or not ids):
        return [(last[0], "agent"), (last[1], "counterpart")]
    origin = [c for c in _related(scene, span, "from") if c in ids]
    agent = origin[0] if origin and len(ids) > 1 and not scene.has("both", span) else subject
    if agent is None:
        return []
    others = [c for c in ids if c != agent] or [c for c in scene.context.pair if c != agent]
    if others and agent:
        scene.context.pledge = (agent, others[0])
    return [(agent, "agent"), *((c, "counterpart") for c in others[:1])]


def _nominate(scene: Scene, span: Span, anchor: int) -> Roles:
    """Who proposes is named before the one proposed, or behind "by"."""
    inside = [m for m in scene.mentions if span[0] <= m.start < span[1]]
    silent = [m for m in inside if m.start not in scene.speaking]
    named = silent if len({m.id for m in silent}) > 1 else inside  # who promises it speaks of himself
    ids = list(dict.fromkeys(m.id for m in named))
    if len(ids) < 2:
        return _pledge(scene, span, anchor)
    proposer = next((m.id for m in named if m.relation in ("by", "from")), ids[0])
    proposed = next(c for c in reversed(ids) if c != proposer)
    return [(proposer, "agent"), (proposed, "counterpart")]


def _give(scene: Scene, span: Span, anchor: int) -> Roles:
    """Who announces a gift to another gives it ("X bekam ..., kündigte Y an")."""
    inside = [m for m in scene.mentions if span[0] <= m.start < span[1]]
    givers = [m.id for m in inside if m.start in scene.speaking and scene.has("announce_word")]
    others = [m.id for m in inside if m.id not in givers]
    if not givers or not others:
        return _pledge(scene, span, anchor)
    return [(givers[0], "agent"), (others[0], "counterpart")]


def _tariff(scene: Scene, span: Span, _anchor: int) -> Roles:
    """The importer levies, the origin of the goods is the target; without more, the USA levies."""
    clause = scene.focus or span
    inside = [m for m in scene.mentions if clause[0] <= m.start < clause[1]]
    if len({m.id for m in inside if m.start not in scene.speaking}) < 2 - bool(scene.has("pronoun", clause)):
        inside = [m for m in scene.mentions if span[0] <= m.start < span[1]]
    subject = scene.subject(span)
    origin = [m.id for m in inside if m.relation in ("from", "on", "against", "made")]
    origin += [m.id for m in inside if m.id not in (*origin, "USA") and _is_adjective(scene, m)]
    near = [m for m in inside if m.relation == "to" or clause[0] <= m.start < clause[1]]
    importer = [m.id for m in near if m.relation in ("to", "in") and m.id not in origin and len(m.id) == 3]
    ids = list(dict.fromkeys(m.id for m in inside)) or list(scene.context.pair)
    agent = importer[0] if importer else _levier(ids, origin, subject, scene.context.pair)
    others = [c for c in ids if c != agent] or [c for c in scene.context.pair if c != agent]
    targets = [c for c in origin if c != agent]
    targets += [c for c in others if not targets or c == "EU"]
    return ([(agent, "agent")] if agent else []) + [(c, "target") for c in dict.fromkeys(targets)]


def _levier(
    ids: Sequence[str], origin: Sequence[str], subject: str | None, pair: Sequence[str]
) -> str | None:
    leads = subject not in ids or ids[0] == subject  # named first, or meant by a pronoun
    if subject and origin and subject not in origin and leads:
        return subject
    if "USA" not in origin and "USA" in (*ids, *pair):
        return "USA"
    return next((c for c in (*ids, *pair) if c not in origin), None)


def _is_adjective(scene: Scene, mention: Mention) -> bool:
    """Whether "Japanese" belongs to goods and not to a government or its head."""
    following = scene.text[mention.end : mention.end + 14].lower()
    governing = any(word in following for word in _GOVERNING)
    return scene.text[mention.start : mention.end].lower().endswith(_ADJECTIVES) and not governing


def _dependence(scene: Scene, span: Span, anchor: int) -> Roles:
    """Who depends is named freely, on whom with a preposition (Japanese: 中国への依存)."""
    actors = scene.actors(span) or scene.actors()
    if supplier := _supplier(scene, actors):
        who = [m.id for m in actors if m.id != supplier][:1]
        return [*((c, "agent") for c in who), (supplier, "counterpart")]
    if origin := _goods_origin(scene, actors):
        who = [m.id for m in actors if m.id != origin][:1] or [c for c in [scene.context.subject] if c]
        return [(c, "agent") for c in who if c != origin] + [(origin, "counterpart")]
    oblique = [m.id for m in actors if m.relation not in ("", "with") and m.id != scene.subject(span)]
    behind = [m.id for m in actors if m.start > anchor and m.id != scene.subject(span)]
    on_whom = (oblique or behind or [m.id for m in actors if m.id == "CHN"])[:1]
    who = [m.id for m in actors if m.id not in on_whom][:1]
    if not who and scene.context.subject not in (None, *on_whom):
        who = [str(scene.context.subject)]
    return [(c, "agent") for c in who] + [(c, "counterpart") for c in on_whom]


def _supplier(scene: Scene, actors: Sequence[Mention]) -> str | None:
    """Of "China supplied 72% of Japan's imports": the subject before a verb of supplying."""
    verbs = [h.start for h in scene.hits.get("supply_verb", ())]
    first = actors[0] if len(actors) > 1 else None
    leads = first is not None and first.relation == "" and verbs and first.end <= verbs[0] <= actors[1].start
    return first.id if first and leads else None


def _goods_origin(scene: Scene, actors: Sequence[Mention]) -> str | None:
    """Of "came from China": the country behind the verb and its preposition."""
    verbs = [h.start for h in scene.hits.get("import_share", ())]
    if not verbs or scene.sentence.language == "ja":
        return None
    behind = [m.id for m in actors if m.relation in ("from", "of") and m.start > min(verbs)]
    return behind[-1] if behind else None


def _against(scene: Scene, span: Span, anchor: int) -> Roles:
    """Against the one named nearest to the words of dependence or dominance."""
    actors = [m for m in scene.actors(span) or scene.actors() if m.start not in scene.speaking]
    others = [m for m in actors if m.id != scene.subject(span) or len(actors) > 2]
    nearest = min(others, key=lambda m: min(abs(m.start - anchor), abs(m.end - anchor)), default=None)
    rivals = [m.id for m in actors if m.id in ("CHN", "RUS")]
    target = rivals[0] if rivals else (nearest.id if nearest and len(actors) > 1 else None)
    agents = (
        [m.id for m in actors if m.id != target]
        or [c for c in scene.ids(span) if c != target]
        or [
            c
            for c in ([scene.context.subject] if scene.has("the_country") else scene.context.pair)
            if c and c != target
        ]
    )
    return [(c, "agent") for c in agents[:_MOST]] + ([(target, "target")] if target else [])


def _trade(scene: Scene, span: Span, _anchor: int) -> Roles:
    origin, goal = _related(scene, span, "from"), _related(scene, span, "to")
    subject = [m.id for m in scene.actors(span) if m.relation in ("", "of") and m.id not in goal]
    agent = (origin or subject)[:1]
    return [(c, "agent") for c in agent] + [(c, "counterpart") for c in goal if c not in agent][:2]


def _demand(scene: Scene, span: Span, _anchor: int) -> Roles:
    """One's own spending, or what one demands of another."""
    ids = scene.ids(span)
    subject = scene.subject(span)
    if subject is None:
        return []
    if scene.has("demand_verb", span) and len(ids) > 1:
        return [(ids[0], "agent"), (ids[1], "target")]
    return [(subject, "agent")]


def _order(scene: Scene, span: Span, _anchor: int) -> Roles:
    buyer = _related(scene, span, "from")[:1] or [c for c in [scene.subject(span)] if c]
    return [(c, "agent") for c in buyer] + [(c, "counterpart") for c in scene.ids(span) if c not in buyer][:1]


def _visit(scene: Scene, span: Span, _anchor: int) -> Roles:
    """The traveller is the person's country, the host where he goes."""
    people = [m.id for m in scene.actors(span) if m.by_person]
    ids = scene.ids(span)
    traveller = (people or [c for c in [scene.subject(span)] if c])[:1]
    goal = [m.id for m in scene.mentions if m.relation in ("in", "to") and m.id not in traveller]
    hosts = (goal or [c for c in ids if c not in traveller])[:1]
    return [(c, "agent") for c in traveller] + [(c, "host") for c in hosts]


def _exempt(scene: Scene, span: Span, _anchor: int) -> Roles:
    subject = scene.subject(span)
    others = [c for c in scene.ids(span) if c != subject]
    return ([(subject, "beneficiary")] if subject else []) + [(c, "target") for c in others[:1]]


def _again(scene: Scene, _span: Span, _anchor: int) -> Roles:
    """Who it was in the sentence before."""
    last = next((c for c in reversed(scene.context.previous) if c.actors), None)
    return [(a.id, a.role) for a in last.actors] if last else []


def _again_control(scene: Scene, span: Span, anchor: int) -> Roles:
    known = scene.context.control_agent
    return [(known, "agent")] if known and not scene.ids(span) else _control(scene, span, anchor)


def _hit(scene: Scene, span: Span, _anchor: int) -> Roles:
    """Whose plants stand still goes short; who declares it stops deliveries."""
    ids = scene.ids(span)
    role = "target" if scene.has("company", span) or not scene.has("deliver", span) else "agent"
    return [(c, role) for c in ids[:1]]


def _buyer(scene: Scene, span: Span, _anchor: int) -> Roles:
    """The buyer acts; the seller is named behind, or with "from"."""
    ids = scene.ids(span)
    sellers = [c for c in _related(scene, span, "from") if c in ids]
    if sellers:
        buyers = [c for c in ids if c not in sellers]
        return [*((c, "agent") for c in buyers[:1]), (sellers[0], "counterpart")]
    return [(ids[0], "agent"), *((c, "counterpart") for c in ids[1:2])] if ids else []


def _funds(scene: Scene, span: Span, _anchor: int) -> Roles:
    """Who pays acts; where the money goes benefits, and where the plant stands is the host."""
    ids = scene.ids(span)
    hosts = [m.id for m in scene.mentions if m.relation == "in" and m.id in ids]
    subject = scene.subject(span)
    payers = [c for c in ids if c not in hosts]
    agent = next(iter(payers), None if hosts or subject in ids else subject)
    rest = [c for c in ids if c not in (agent, *hosts)]
    roles = [(agent, "agent")] if agent else []
    return roles + [(c, "host") for c in hosts[:1]] + [(c, "beneficiary") for c in rest[:1]]


def _pledge_alone(scene: Scene, span: Span, _anchor: int) -> Roles:
    """Public money of one's own: no counterpart unless one is named."""
    ids = scene.ids(span)
    if scene.has("both", span) or len(ids) > 1:
        return [(c, "agent") for c in ids[:_MOST]]
    subject = scene.subject(span)
    return [(subject, "agent")] if subject else []


def _place(scene: Scene, span: Span, anchor: int) -> Roles:
    """A plant's output belongs to the country where it stands."""
    hosts = [m.id for m in scene.mentions if m.relation == "in" and m.id in scene.ids(span)]
    return [(hosts[0], "host")] if hosts else _single(scene, span, anchor)


def _origin(scene: Scene, span: Span, _anchor: int) -> Roles:
    """Goods come from the exporter; the other one bought them."""
    origin = _related(scene, span, "from")[-1:]
    others = [c for c in scene.ids(span) if c not in origin]
    return [(c, "agent") for c in origin] + [(c, "counterpart") for c in others[:1]]


def _named_only(scene: Scene, span: Span, _anchor: int) -> Roles:
    return [(c, "agent") for c in scene.ids(span)[:1]]


def _joint_named(scene: Scene, span: Span, anchor: int) -> Roles:
    """The one named; a partner only where the text says that it is a joint act."""
    if scene.has("both", span) or scene.has("jointly", span) or scene.has("act_jointly", span):
        return _joint_context(scene, span, anchor)
    return [(c, "agent") for c in scene.ids(span)[:_MOST]] or _single(scene, span, anchor)


def _agents_all(scene: Scene, span: Span, _anchor: int) -> Roles:
    hosts = [m.id for m in scene.actors(span) if m.is_place and m.relation == "in"]
    return [(c, "agent") for c in scene.ids(span) if c not in hosts][:_MOST]


ASSIGN: dict[str, Assign] = {
    "again": _again, "again_control": _again_control, "hit": _hit, "buyer": _buyer, "funds": _funds,
    "pledge_alone": _pledge_alone, "place": _place, "origin": _origin, "named_only": _named_only,
    "agents_all": _agents_all, "nominate": _nominate, "give": _give, "joint_named": _joint_named,
    "joint": _joint, "joint_context": _joint_context, "agents": _agents, "none": _none, "licence": _licence,
    "single": _single, "control": _control, "stop": _stop, "first": _first,
    "inherit_control": _inherit_control, "pledge": _pledge, "tariff": _tariff, "dependence": _dependence,
    "against": _against, "trade": _trade, "demand": _demand, "order": _order, "visit": _visit,
    "exempt": _exempt,
}  # fmt: skip
