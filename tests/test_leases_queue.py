"""Who gets a card next: the rules of the line, as rules that hold whatever happens in whatever order."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub_config.leases.idle import FRESH, Report, Rule, works
from hub_config.leases.queue import Ask, Limits, Queue

PEOPLE = {"ada": {"reef"}, "bea": {"reef", "class"}, "cleo": {"class"}, "dora": set()}
GROUPS = ("reef", "class")


class Line(RuleBasedStateMachine):
    """Kernels come, give up and end at random; the model beside the queue is a plain list of what was asked."""

    @initialize(
        shares=st.dictionaries(st.sampled_from("ABC"), st.integers(1, 3), max_size=3),
        per_user=st.integers(0, 3),
        per_group=st.dictionaries(st.sampled_from(GROUPS), st.integers(0, 4)),
    )
    def open(self, shares, per_user, per_group):
        self.shares, self.per_user, self.per_group = shares, per_user, per_group
        self.queue = Queue(shares, Limits(per_user, per_group))
        self.waiting, self.held, self.number = [], {}, 0

    @rule(user=st.sampled_from(sorted(PEOPLE)), count=st.integers(1, 4))
    def ask(self, user, count):
        ask = Ask(f"{self.number}", user, frozenset(PEOPLE[user]), count)
        self.number += 1
        limits = [self.per_user] + [self.per_group.get(group, 0) for group in PEOPLE[user]]
        possible = count <= sum(self.shares.values()) and all(count <= most for most in limits if most)
        assert (self.queue.refusal(ask) == "") == possible
        if possible:
            self.queue.join(ask)
            self.waiting.append(ask)
            self.grant()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up(self, data):
        ask = data.draw(st.sampled_from(self.waiting))
        assert self.queue.leave(ask.key)
        assert not self.queue.leave(ask.key)
        self.waiting.remove(ask)
        self.grant()

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def end(self, data):
        key = data.draw(st.sampled_from(sorted(self.held)))
        assert self.queue.release(key)
        assert not self.queue.release(key)
        del self.held[key]
        self.grant()

    def grant(self):
        for ask, cards in self.queue.grant():
            before = self.waiting[: self.waiting.index(ask)]
            assert all(self.over_limit(other) for other in before), "passed by somebody who was not at a limit"
            assert not self.over_limit(ask)
            assert len(cards) == ask.count
            self.waiting.remove(ask)
            self.held[ask.key] = (ask, cards)

    def over_limit(self, ask):
        mine = sum(len(cards) for other, cards in self.held.values() if other.user == ask.user)
        groups = [
            (
                sum(len(cards) for other, cards in self.held.values() if group in other.groups),
                self.per_group.get(group, 0),
            )
            for group in ask.groups
        ]
        return any(most and now + ask.count > most for now, most in [(mine, self.per_user), *groups])

    @invariant()
    def no_share_is_lent_twice_and_none_is_lost(self):
        if not hasattr(self, "queue"):
            return
        lent = [card for _, cards in self.held.values() for card in cards]
        assert all(lent.count(card) <= self.shares[card] for card in lent)
        assert self.queue.free() == sum(self.shares.values()) - len(lent)
        assert self.queue.held == self.held

    @invariant()
    def nobody_waits_who_could_have_what_they_ask_for(self):
        if not hasattr(self, "queue"):
            return
        eligible = [ask for ask in self.waiting if not self.over_limit(ask)]
        assert not eligible or eligible[0].count > self.queue.free()
        assert [self.queue.place(ask.key) for ask in self.waiting] == list(range(1, len(self.waiting) + 1))
        assert all(bool(self.queue.limit_reached(ask)) == self.over_limit(ask) for ask in self.waiting)


Line.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_whatever_happens_the_line_is_just = Line.TestCase


def line(*asks, shares=None, limits=None):
    """A queue with these asks in it: "user:count"; and the users who were granted, in order."""
    queue = Queue(shares or {"A": 1, "B": 1}, limits or Limits())
    for number, (user, _, count) in enumerate(ask.partition(":") for ask in asks):
        queue.join(Ask(str(number), user, frozenset(PEOPLE.get(user, ())), int(count or 1)))
    return queue, [ask.user for ask, _ in queue.grant()]


def test_a_person_at_their_limit_does_not_hold_up_the_line_and_keeps_the_place():
    queue, granted = line("ada", "ada", "bea", "cleo", limits=Limits(per_user=1))
    assert granted == ["ada", "bea"]
    queue.release("0")
    assert [ask.key for ask, _ in queue.grant()] == ["1"]


def test_a_group_at_its_limit_does_not_hold_up_the_line():
    _, granted = line("ada", "bea", "dora", limits=Limits(per_group={"reef": 1}))
    assert granted == ["ada", "dora"]


def test_who_waits_for_two_cards_is_not_overtaken_for_ever_by_those_who_want_one():
    queue, granted = line("ada", "bea:2", "cleo")
    assert granted == ["ada"]
    queue.release("0")
    assert [(ask.user, cards) for ask, cards in queue.grant()] == [("bea", ("A", "B"))]


def test_several_shares_come_from_one_card_where_that_has_them_else_from_the_emptiest():
    queue, _ = line("ada", shares={"A": 2, "B": 2})
    queue.join(Ask("two", "bea", frozenset(), 2))
    assert queue.grant()[0][1] == ("B", "B")
    queue, _ = line("ada", "bea", shares={"A": 2, "B": 2})
    queue.join(Ask("two", "cleo", frozenset(), 2))
    assert sorted(queue.grant()[0][1]) == ["A", "B"]


def test_what_is_held_on_a_card_that_is_gone_costs_the_others_nothing():
    queue = Queue({"A": 1}, Limits())
    queue.hold(Ask("old", "ada", frozenset(), 1), ("Z",))
    queue.hold(Ask("older", "ada", frozenset(), 2), ("A", "A"))
    assert queue.free() == 0
    queue.release("older")
    assert queue.free() == 1


NOW = 1_800_000_000.0
HOUR = Rule(idle=3600.0, warning=300.0)


@pytest.mark.parametrize(
    ("report", "warns"),
    [
        (None, False),
        (Report(busy=True, last_activity=NOW - 9999, told=NOW), False),
        (Report(busy=False, last_activity=NOW - 3299, told=NOW), False),
        (Report(busy=False, last_activity=NOW - 3301, told=NOW), True),
        (Report(busy=False, last_activity=NOW - 9999, told=NOW - FRESH - 1), False),
    ],
    ids=["nobody tells", "busy", "idle for 54:59", "idle for 55:01", "the word is old"],
)
def test_only_a_kernel_that_is_known_to_be_idle_for_long_is_warned(report, warns):
    assert HOUR.to_warn(report, NOW) is warns
    assert (works(report, NOW) is False) or not warns


def test_the_card_is_taken_after_the_promised_time_and_never_sooner_after_the_warning_than_said():
    report = Report(busy=False, last_activity=NOW - 3300, told=NOW)
    assert HOUR.ends(report, NOW) == NOW + 300
    assert HOUR.ends(Report(busy=False, last_activity=NOW - 9999, told=NOW), NOW) == NOW + 300
    assert Rule(60.0, 300.0).ends(report, NOW) == NOW + 60
