"""What holds for every lifecycle: read off the tables, so that a new act is held to it as well."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum

import pytest

from app.catalog.citations import place
from app.catalog.enums import (
    AccountState,
    ApplicationState,
    ArchiveState,
    CaseState,
    KeyState,
    StockTakeState,
)
from app.catalog.labels import LABELS
from app.catalog.lifecycles import (
    APPLICATIONS,
    ApplicationKind,
    Lifecycle,
    Transition,
    all_lifecycles,
)
from app.catalog.loader import load_catalog
from app.catalog.permissions import BUNDLES, Permission, RoleName
from app.models.applications import Application
from app.workflow import engine
from app.workflow.act import CONDITIONS, EFFECTS, GUARDS, VALIDATORS, WHO
from app.workflow.notices import NOTICES
from config import ROOT

STATES: dict[str, type[StrEnum]] = {
    "account": AccountState,
    "archive_file": ArchiveState,
    "cases": CaseState,
    "key": KeyState,
    "stock_take": StockTakeState,
    **dict.fromkeys(ApplicationKind, ApplicationState),
}
CYCLES = [pytest.param(cycle, id=cycle.subject) for cycle in all_lifecycles()]
ACTS = [
    pytest.param(cycle, act, id=f"{cycle.subject}-{act.action}")
    for cycle in all_lifecycles()
    for act in cycle.transitions
]
CHINESE = re.compile(r"[\u3400-\u9fff]")
TONES = {"neutral", "primary", "success", "warning", "danger"}


def ways(cycle: Lifecycle) -> dict[str, set[str]]:
    """Where each state can lead to."""
    found: dict[str, set[str]] = defaultdict(set)
    for act in cycle.transitions:
        for source in act.sources:
            found[source] |= {state for state in (act.target, act.interim) if state}
    return found


def reach(start: str, found: dict[str, set[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        fresh = found[waiting.pop()] - seen
        seen |= fresh
        waiting += fresh
    return seen


def marked() -> set[str]:
    """Every text that the program marks for translation."""
    return {
        text for path in ROOT.glob("app/**/*.py") for text in _marked_in(path.read_text("utf-8"))
    }


def _marked_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"N_", "Word", "_"}:
            yield from (a.value for a in node.args if isinstance(a, ast.Constant))


@pytest.fixture(scope="module")
def msgids() -> set[str]:
    return marked()


@pytest.mark.parametrize("cycle", CYCLES)
def test_every_state_can_be_reached_from_the_first(cycle: Lifecycle):
    assert reach(cycle.initial, ways(cycle)) == cycle.states()


@pytest.mark.parametrize("cycle", CYCLES)
def test_every_state_leads_to_an_end(cycle: Lifecycle):
    found = ways(cycle)
    stuck = {state for state in cycle.states() if not reach(state, found) & cycle.finals}
    assert stuck == set()


@pytest.mark.parametrize("cycle", CYCLES)
def test_nothing_happens_after_the_end(cycle: Lifecycle):
    assert cycle.finals
    assert {act.action for act in cycle.transitions if cycle.finals & set(act.sources)} == set()


@pytest.mark.parametrize("cycle", CYCLES)
def test_every_state_is_a_member_of_its_enumeration_and_has_a_label(cycle: Lifecycle):
    members = STATES[cycle.subject]
    assert cycle.states() <= set(members)
    for state in cycle.states():
        assert not CHINESE.search(LABELS[members][members(state)])


def test_an_application_is_closed_in_the_final_states_and_only_there():
    for cycle in APPLICATIONS.values():
        assert {state for state in ApplicationState if state.is_closed} == cycle.finals


@pytest.mark.parametrize("cycle", CYCLES)
def test_an_act_is_named_once(cycle: Lifecycle):
    actions = [act.action for act in cycle.transitions]
    assert len(actions) == len(set(actions))


@pytest.mark.parametrize(("cycle", "act"), ACTS)
def test_everything_that_an_act_names_exists(cycle: Lifecycle, act: Transition):
    assert set(act.who) <= WHO.keys()
    assert set(act.guards) <= GUARDS.keys()
    assert set(act.effects) <= EFFECTS.keys()
    assert {act.data} <= {None, *VALIDATORS}
    assert {act.done_when} <= {None, *CONDITIONS}
    assert set(act.notices) <= NOTICES.keys()
    assert act.sources
    assert act.tone in TONES


TOLD_WITHOUT_AN_ACT = {
    *("job_done", "job_failed"),
    *("key_bound", "key_copied", "key_enrolled", "key_not_in_force", "key_not_own"),
}
"""Notices of long work and of signing in, which are no acts of a lifecycle."""


@pytest.mark.parametrize("registry", [WHO, GUARDS, EFFECTS, VALIDATORS, CONDITIONS, NOTICES])
def test_no_name_stands_ready_that_no_act_uses(registry: dict[str, object]):
    used = {
        name
        for cycle in all_lifecycles()
        for act in cycle.transitions
        for name in (
            *cycle.closing,
            *act.who,
            *act.guards,
            *act.effects,
            act.data,
            act.done_when,
            *act.notices,
        )
    }
    assert set(registry) - used - TOLD_WITHOUT_AN_ACT == set()


@pytest.mark.parametrize(("cycle", "act"), ACTS)
def test_an_interim_state_has_a_condition_and_some_act_comes_to_the_same_end(
    cycle: Lifecycle, act: Transition
):
    assert (act.interim is None) == (act.done_when is None)
    if act.interim:
        assert act.target
        ends = {it.target for it in cycle.transitions if act.interim in it.sources}
        assert act.interim in act.sources or act.target in ends


@pytest.mark.parametrize(("cycle", "act"), ACTS)
def test_what_comes_next_by_itself_is_an_automatic_act_that_fits_the_state(
    cycle: Lifecycle, act: Transition
):
    if act.followed_by is None:
        return
    after = cycle.find(act.followed_by)
    assert after is not None
    assert after.automatic
    assert act.target in after.sources


def test_every_automatic_act_is_fired_by_something():
    """By an act that it follows, or by an effect that fires it within another act."""
    followed = {act.followed_by for cycle in all_lifecycles() for act in cycle.transitions}
    fired = {
        argument.value
        for path in ROOT.glob("app/workflow/**/*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "fire_within"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }
    automatic = {
        act.action for cycle in all_lifecycles() for act in cycle.transitions if act.automatic
    }
    assert automatic - followed - fired == set()


@pytest.mark.parametrize(("cycle", "act"), ACTS)
def test_a_person_needs_a_permission_that_some_role_holds(cycle: Lifecycle, act: Transition):
    if act.automatic:
        return
    assert act.permission is not None
    assert any(act.permission in bundle for bundle in BUNDLES.values())


def test_every_permission_is_held_by_some_role_and_every_role_has_a_bundle():
    assert set(BUNDLES) == set(RoleName)
    assert set(Permission) - set().union(*BUNDLES.values()) == set()


@pytest.mark.rule("X7")
@pytest.mark.parametrize(("cycle", "act"), ACTS)
def test_what_a_person_reads_about_an_act_is_an_english_text_marked_for_translation(
    cycle: Lifecycle, act: Transition, msgids: set[str]
):
    for text in filter(None, (act.label, act.confirm)):
        assert text in msgids
        assert not CHINESE.search(text)
    assert act.label
    if act.tone in {"danger", "warning"}:
        assert act.confirm, "what cannot be undone is asked once more"


@pytest.mark.rule("X7")
def test_every_member_of_a_labelled_vocabulary_has_an_english_text_marked_for_translation(
    msgids: set[str],
):
    for members, labels in LABELS.items():
        assert set(labels) == set(members), members
        assert {text for text in labels.values() if CHINESE.search(text)} == set()
        assert set(labels.values()) <= msgids


@pytest.mark.rule("X7")
@pytest.mark.parametrize("code", sorted(NOTICES))
def test_a_notice_is_an_english_text_marked_for_translation(code: str, msgids: set[str]):
    assert NOTICES[code].msgid in msgids


@pytest.mark.parametrize(("cycle", "act"), ACTS)
def test_an_act_cites_a_place_in_the_measures_and_a_rule(cycle: Lifecycle, act: Transition):
    number, _clause = place(act.article)
    assert 1 <= number <= 11
    assert re.fullmatch(r"[A-Z]\d+(\.\d+|[a-z])?", act.rule)


def test_an_audit_tag_means_one_act_and_an_act_has_one_tag():
    meanings: dict[str, set[str]] = defaultdict(set)
    tags: dict[tuple[str, str], set[str]] = defaultdict(set)
    for cycle in all_lifecycles():
        family = (
            "application"
            if cycle.subject
            in STATES.keys() - {"account", "archive_file", "cases", "key", "stock_take"}
            else cycle.subject
        )
        for act in cycle.transitions:
            assert re.fullmatch(rf"{family}:[a-z_]+", act.tag)
            assert len(act.tag) <= 48
            meanings[act.tag].add(act.action)
            tags[family, act.action].add(act.tag)
    assert {tag: acts for tag, acts in meanings.items() if len(acts) > 1} == {}
    assert {act: found for act, found in tags.items() if len(found) > 1} == {}


def test_no_tag_of_an_act_is_written_by_anything_but_the_engine():
    """A tag that a service records by hand would make the trail say that an act was fired."""
    tags = {act.tag for cycle in all_lifecycles() for act in cycle.transitions}
    by_hand = {
        keyword.value.value
        for path in ROOT.glob("app/**/*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"record", "_record"}
        for keyword in node.keywords
        if keyword.arg == "tag" and isinstance(keyword.value, ast.Constant)
    }
    assert by_hand
    assert by_hand & tags == set()


@pytest.mark.parametrize("kind", sorted(APPLICATIONS))
def test_every_step_of_a_kinds_road_is_an_act_of_its_lifecycle(kind: ApplicationKind):
    steps = {step.action.value for step in load_catalog().roads if step.kind == kind}
    assert steps
    assert {action for action in steps if APPLICATIONS[kind].find(action) is None} == set()


def test_every_kind_with_a_lifecycle_has_a_model_and_every_model_a_lifecycle():
    assert set(Application.__mapper__.polymorphic_map) == set(APPLICATIONS)


def test_each_subject_knows_its_lifecycle_and_other_things_have_none():
    for kind, cycle in APPLICATIONS.items():
        model = Application.__mapper__.polymorphic_map[kind].class_
        assert engine.lifecycle_of(model()) is cycle
    with pytest.raises(TypeError):
        engine.lifecycle_of(object())
