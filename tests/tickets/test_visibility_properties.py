"""Whatever is done to tickets, queues and people: everybody's page shows what the rule gives them.

Hypothesis makes up what is done, in which order, and what is done together or taken back. A model
of the rule in plain Python, `Rule`, says after each commit who may see what. It is compared with
what pages and API ask, with what an open page has been told, and with what a page is told that
comes back after any earlier position.

All of it happens in one transaction of the test's database, which is rolled back after each
example. So the parts of a server process that are used here are the real ones, but they are driven
by hand: the test is their loop, their relay and their thread.
"""

from collections.abc import Coroutine, Iterable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from live.access.lookups import look_up
from live.log import reading
from live.log.entries import INTERNAL, Entry
from live.log.numbering import number
from live.process.guard import Guard
from live.process.internal import InternalEvents
from live.process.readers import Readers
from live.process.recent import Recent, changes_access
from live.process.suspects import Suspects
from tests.harness.engines import NotedStream, stream_of
from tests.harness.sse import Frame, parse
from tickets.models import Membership, Queue, Status, Ticket
from tickets.visibility import visible_tickets

T = TypeVar("T")

QUEUES = ("Billing", "Network", "Security")
SERVED = {"alice": ("Billing",), "bob": ("Network",), "carol": ("Billing", "Network"), "dave": ()}
PEOPLE = (*SERVED, "admin")

queues = st.sampled_from(QUEUES)
people = st.sampled_from(PEOPLE)
assignees = st.none() | people
places = st.tuples(queues, assignees)
which = st.integers(0, 5)  # one of the tickets there are
ways = st.integers(0, 3)  # one of the ways in which a thing can be written


class UrgentTicket(Ticket):
    """Another name for the same rows, as an app beside the help desk may have one."""

    class Meta:
        proxy = True
        app_label = "tickets"


@dataclass(frozen=True)
class Shown:
    """What a page shows of a ticket, as far as this test looks."""

    queue: str
    assignee: str | None
    status: str = Status.NEW


@dataclass
class Rule:
    """Who may see which tickets: a superuser all, an agent those of their queues and those that
    are theirs, and nobody else any."""

    tickets: dict[int, Shown] = field(default_factory=dict)
    serves: set[tuple[str, str]] = field(default_factory=set)  # (queue, person)
    superusers: set[str] = field(default_factory=set)
    inactive: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)  # deleted
    touched: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PEOPLE, 0))

    def sees(self, person: str) -> dict[int, Shown]:
        if not self.is_active(person):
            return {}
        return {
            key: ticket
            for key, ticket in self.tickets.items()
            if person in self.superusers
            or (ticket.queue, person) in self.serves
            or ticket.assignee == person
        }

    def is_active(self, person: str) -> bool:
        return person not in self.inactive | self.gone

    def rights(self, person: str) -> frozenset[str] | None:
        """What decides beside the tickets; None for who can see nothing at all."""
        if not self.is_active(person):
            return None
        served = {queue for queue, agent in self.serves if agent == person}
        return frozenset(served | ({"all"} if person in self.superusers else set()))

    def serve(self, pairs: set[tuple[str, str]]) -> None:
        """From now on these agents serve these queues, and no others."""
        for _, person in pairs ^ self.serves:
            self.touched[person] += 1
        self.serves = pairs

    def make_superuser(self, person: str, yes: bool) -> None:
        self.touched[person] += yes != (person in self.superusers)
        (self.superusers.add if yes else self.superusers.discard)(person)


@dataclass
class Page:
    """What a page shows: it loads what its user may see, then lives on frames."""

    person: str
    position: int = 0
    tickets: dict[int, Shown] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)

    def load(self, head: int) -> None:
        user = User.objects.filter(username=self.person).first()
        rows = list(visible_tickets(user)) if user else []  # else nobody is signed in any more
        assert len({row.pk for row in rows}) == len(rows), "a ticket twice"
        self.position = head
        self.tickets = {row.pk: shown(row) for row in rows}
        self.versions = {row.pk: row.version for row in rows}

    def take(self, frames: list[Frame], head: int) -> None:
        """Frames that came while the log went as far as `head`."""
        for frame in frames:
            assert frame.id is not None
            if frame.id <= self.position:  # it is in what was loaded
                continue
            self.position = frame.id
            if frame.event == "reset":
                self.load(head)
            elif frame.event.startswith("ticket."):  # others tell of notices, people and queues
                self._apply(frame)

    def _apply(self, frame: Frame) -> None:
        ticket = frame.data["ticket"]
        key = ticket["id"]
        if frame.event == "ticket.removed":
            self.tickets.pop(key, None)
            self.versions.pop(key, None)
        elif self.versions.get(key, 0) <= ticket["version"]:
            assignee = ticket["assignee"]
            name = assignee["name"] if assignee else None
            self.tickets[key] = Shown(first_word(ticket["queue"]["name"]), name, ticket["status"])
            self.versions[key] = ticket["version"]


def shown(ticket: Ticket) -> Shown:
    assignee = ticket.assignee.username if ticket.assignee else None
    return Shown(first_word(ticket.queue.name), assignee, ticket.status)


def first_word(queue: str) -> str:
    """What stays of a queue's name when it is renamed here."""
    return queue.split()[0]


@dataclass(frozen=True)
class Moment:
    """How things stood at one position of the log, between two transactions."""

    position: int
    rule: Rule
    pages: dict[str, Page]


class ByHand:
    """The thread and the relay that the guard asks, without a loop."""

    def __init__(self, desk: "HelpDesk") -> None:
        self._desk = desk

    async def run(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    async def caught_up(self) -> None:
        self._desk.deliver()


class HelpDesk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.everything = ExitStack()
        self.everything.enter_context(transaction.atomic())
        self.together: ExitStack | None = None  # an open transaction of several steps
        self.rule = Rule(superusers={"admin"})
        self.kept = deepcopy(self.rule)  # as it was when the open transaction began
        self.steps = 0  # in this transaction
        self.unannounced = False  # whether people were changed in a way that no signal tells
        self.renamed = 0
        for name in QUEUES:
            Queue.objects.create(name=name)
        for name in PEOPLE:
            User.objects.create_user(name, is_superuser=name == "admin")
        for name, served in SERVED.items():
            self.user(name).queues.add(*Queue.objects.filter(name__in=served))
            self.rule.serves |= {(queue, name) for queue in served}
        for queue in QUEUES[:2]:
            self.create((queue, None), proxy=False)
        self.recent = Recent()
        self.recent.begin([], number())
        self.readers = Readers()
        self.suspects = Suspects()
        self.internal = InternalEvents("here", self.readers, self.suspects)
        by_hand = cast(Any, ByHand(self))
        self.guard = Guard(by_hand, self.recent, self.readers, self.suspects, by_hand)
        self.pages: dict[str, Page] = {}
        self.streams: dict[str, NotedStream] = {}
        for name in PEOPLE:
            self.open(name)
        self.moments: list[Moment] = [self.moment()]

    def teardown(self) -> None:
        if self.together is not None:
            self.together.close()
        transaction.set_rollback(True)
        self.everything.close()

    # --- tickets --------------------------------------------------------------------------------

    @rule(place=places, proxy=st.booleans())
    def create(self, place: tuple[str, str | None], proxy: bool) -> None:
        model = UrgentTicket if proxy else Ticket
        self.note(model.objects.create(subject="New", **self.columns(*place)), *place)

    @rule(created=st.lists(places, min_size=1, max_size=3), proxy=st.booleans())
    def create_many(self, created: list[tuple[str, str | None]], proxy: bool) -> None:
        model = UrgentTicket if proxy else Ticket
        rows = [model(subject="Bulk", **self.columns(*place)) for place in created]
        for row, place in zip(model.objects.bulk_create(rows), created, strict=True):
            self.note(row, *place)

    @precondition(lambda self: self.rule.tickets)
    @rule(number=which, place=places, way=ways)
    def move(self, number: int, place: tuple[str, str | None], way: int) -> None:
        key = self.ticket(number)
        model = (Ticket, UrgentTicket)[way % 2]
        if way < 2:
            ticket = model.objects.get(pk=key)
            for name, value in self.columns(*place).items():
                setattr(ticket, name, value)
            ticket.save()
        else:
            model.objects.filter(pk=key).update(**self.columns(*place))
        self.place(key, *place)

    @precondition(lambda self: self.rule.tickets)
    @rule(number=which, status=st.sampled_from(Status.values), proxy=st.booleans())
    def work_on(self, number: int, status: str, proxy: bool) -> None:
        key = self.ticket(number)
        ticket = (UrgentTicket if proxy else Ticket).objects.get(pk=key)
        ticket.status = Status(status)
        ticket.save(update_fields=["status"])
        old = self.rule.tickets[key]
        self.rule.tickets[key] = Shown(old.queue, old.assignee, status)

    @rule(queue=queues, place=places)
    def move_whole_queue(self, queue: str, place: tuple[str, str | None]) -> None:
        Ticket.objects.filter(queue=self.queue(queue)).update(**self.columns(*place))
        for key, ticket in self.rule.tickets.items():
            if ticket.queue == queue:
                self.place(key, *place)

    @rule(person=people, other=assignees)
    def hand_over_all_tickets(self, person: str, other: str | None) -> None:
        user = self.living(person)
        heir = other if other and other not in self.rule.gone else None
        if user is None:
            return
        user.assigned_tickets.update(assignee=heir and self.user(heir))
        for key, ticket in self.rule.tickets.items():
            if ticket.assignee == person:
                self.place(key, ticket.queue, heir)

    @precondition(lambda self: self.rule.tickets)
    @rule(moves=st.lists(st.tuples(which, places), min_size=1, max_size=3))
    def move_many(self, moves: list[tuple[int, tuple[str, str | None]]]) -> None:
        by_key = {self.ticket(number): place for number, place in moves}
        rows = list(Ticket.objects.filter(pk__in=by_key))
        for row in rows:
            for name, value in self.columns(*by_key[row.pk]).items():
                setattr(row, name, value)
        Ticket.objects.bulk_update(rows, ["queue", "assignee"])
        for key, place in by_key.items():
            self.place(key, *place)

    @precondition(lambda self: self.rule.tickets)
    @rule(number=which, way=ways)
    def delete(self, number: int, way: int) -> None:
        key = self.ticket(number)
        rows = (Ticket, UrgentTicket)[way % 2].objects.filter(pk=key)
        (rows.get() if way < 2 else rows).delete()
        del self.rule.tickets[key]

    # --- who serves what ------------------------------------------------------------------------

    @rule(queue=queues, person=people, way=ways)
    def join(self, queue: str, person: str, way: int) -> None:
        user, served = self.living(person), self.queue(queue)
        if user is None or (way > 1 and (queue, person) in self.rule.serves):
            return
        if way == 0:
            served.agents.add(user)
        elif way == 1:
            user.queues.add(served)
        elif way == 2:
            Membership.objects.create(queue=served, user=user)
        else:
            Membership.objects.bulk_create([Membership(queue=served, user=user)])
        self.rule.serve(self.rule.serves | {(queue, person)})

    @rule(queue=queues, person=people, way=ways)
    def leave(self, queue: str, person: str, way: int) -> None:
        user, served = self.living(person), self.queue(queue)
        if user is None:
            return
        memberships = Membership.objects.filter(queue=served, user=user)
        if way == 0:
            served.agents.remove(user)
        elif way == 1:
            user.queues.remove(served)
        elif way == 2:
            memberships.delete()
        else:
            for membership in memberships:
                membership.delete()
        self.rule.serve(self.rule.serves - {(queue, person)})

    @rule(queue=queues, names=st.sets(people, max_size=3))
    def set_agents(self, queue: str, names: set[str]) -> None:
        agents = [user for name in sorted(names) if (user := self.living(name))]
        self.queue(queue).agents.set(agents)  # an empty list clears it
        pairs = {(queue, agent.username) for agent in agents}
        self.rule.serve({pair for pair in self.rule.serves if pair[0] != queue} | pairs)

    @rule(person=people, names=st.sets(queues))
    def set_queues(self, person: str, names: set[str]) -> None:
        if user := self.living(person):
            user.queues.set([self.queue(name) for name in sorted(names)])
            pairs = {(name, person) for name in names}
            self.rule.serve({pair for pair in self.rule.serves if pair[1] != person} | pairs)

    @rule(queue=queues, person=people, of_queue=st.booleans())
    def clear(self, queue: str, person: str, of_queue: bool) -> None:
        if of_queue:
            self.queue(queue).agents.clear()
            self.rule.serve({pair for pair in self.rule.serves if pair[0] != queue})
        elif user := self.living(person):
            user.queues.clear()
            self.rule.serve({pair for pair in self.rule.serves if pair[1] != person})

    @rule(queue=queues, person=people, heir=people, by_update=st.booleans())
    def hand_over_membership(self, queue: str, person: str, heir: str, by_update: bool) -> None:
        pairs, user = self.rule.serves, self.living(heir)
        if user is None or (queue, person) not in pairs or (queue, heir) in pairs:
            return
        memberships = Membership.objects.filter(
            queue=self.queue(queue), user__username=person
        )  # fmt: skip
        if by_update:
            memberships.update(user=user)
        else:
            membership = memberships.get()
            membership.user = user
            membership.save()
        self.rule.serve(pairs - {(queue, person)} | {(queue, heir)})

    @rule(queue=queues)
    def rename(self, queue: str) -> None:
        """No frame tells the new name: pages load afresh. The first word stays."""
        self.renamed += 1
        row = self.queue(queue)
        row.name = f"{queue} {self.renamed}"
        row.save()

    # --- people ---------------------------------------------------------------------------------

    @rule(person=people, yes=st.booleans(), announced=st.booleans())
    def make_superuser(self, person: str, yes: bool, announced: bool) -> None:
        if self.change_person(person, announced, is_superuser=yes):
            self.rule.make_superuser(person, yes)

    @rule(person=people, yes=st.booleans(), announced=st.booleans())
    def activate(self, person: str, yes: bool, announced: bool) -> None:
        if self.change_person(person, announced, is_active=yes):
            (self.rule.inactive.discard if yes else self.rule.inactive.add)(person)

    @precondition(lambda self: len(self.rule.gone) < 2)
    @rule(person=people, by_queryset=st.booleans())
    def delete_person(self, person: str, by_queryset: bool) -> None:
        if user := self.living(person):
            (User.objects.filter(pk=user.pk) if by_queryset else user).delete()
            self.rule.gone.add(person)
            self.rule.serve({pair for pair in self.rule.serves if pair[1] != person})
            for key, ticket in self.rule.tickets.items():
                if ticket.assignee == person:
                    self.place(key, ticket.queue, None)

    # --- transactions ---------------------------------------------------------------------------

    @precondition(lambda self: self.together is None)
    @rule()
    def begin(self) -> None:
        self.together = ExitStack()
        self.together.enter_context(transaction.atomic())
        self.kept = deepcopy(self.rule)

    @precondition(lambda self: self.together is not None)
    @rule()
    def commit(self) -> None:
        assert self.together is not None
        self.together.close()
        self.together = None

    @precondition(lambda self: self.together is not None)
    @rule()
    def roll_back(self) -> None:
        transaction.set_rollback(True)
        self.commit()
        self.rule = self.kept

    # --- what must be true after each commit ----------------------------------------------------

    @invariant()
    def everybody_sees_what_the_rule_gives_them(self) -> None:
        if self.together is not None:
            return
        self.check_the_query()
        self.deliver()
        if self.unannounced:
            self.guard_looks_at(list(self.readers.streams()))
        self.guard_looks_at(self.readers.streams_of(self.suspects.take()))
        self.unannounced = False
        for name in PEOPLE:
            self.check_the_open_page(name)
            self.check_coming_back(name)
        self.moments.append(self.moment())

    def check_the_query(self) -> None:
        for user in User.objects.filter(username__in=PEOPLE):
            found = {row.pk: shown(row) for row in visible_tickets(user)}
            assert found == self.rule.sees(user.username), f"{user.username} by the query"

    def check_the_open_page(self, name: str) -> None:
        closed = self.streams[name].closed
        assert closed != self.rule.is_active(name), f"{name}'s stream"
        assert closed or self.pages[name].tickets == self.rule.sees(name), f"{name}'s open page"

    def check_coming_back(self, name: str) -> None:
        if self.streams[name].closed:
            return
        audiences = self.look_up(self.streams[name])
        for moment in self.some_moments():
            if moment.rule.is_active(name):
                self.check_what_was_missed(name, moment, audiences)

    def check_what_was_missed(self, name: str, moment: Moment, audiences: frozenset[str]) -> None:
        """Exactly what was missed, or a reset; no old event is judged by new rights."""
        missed = self.recent.after(moment.position)
        assert missed is not None, "memory reaches back that far"
        user_id, head = self.streams[name].user_id, self.recent.position
        reset = changes_access(missed, user_id)
        by_log = reading.hindrance(user_id, moment.position, head) if missed else ""
        assert bool(by_log) == reset, f"memory and the log disagree about {name}'s rights"
        if self.rights_changed_since(moment, name):
            assert reset, f"{name} would be told old events by new rights"
        if self.rule.touched[name] == moment.rule.touched[name]:
            assert not reset, f"{name} loads afresh for nothing"
        if not reset:
            told = frames_of(missed, audiences)
            entries = reading.read(moment.position, len(missed)) if missed else []
            assert told == frames_of(entries, audiences), "memory and the log tell the same"
            page = deepcopy(moment.pages[name])
            page.take([parse(text) for text in told.decode().split("\n\n")[:-1]], head)
            assert page.tickets == self.rule.sees(name), f"{name} came back"

    def rights_changed_since(self, moment: Moment, name: str) -> bool:
        since = [later.rule for later in self.moments if later.position >= moment.position]
        rights = {rule.rights(name) for rule in [*since, self.rule, moment.rule]}
        return len(rights - {None}) > 1

    def some_moments(self) -> Iterator[Moment]:
        """The first, the last, and one in the middle."""
        count = len(self.moments)
        return (self.moments[index] for index in sorted({0, count // 2, count - 1}))

    def moment(self) -> Moment:
        return Moment(self.recent.position, deepcopy(self.rule), deepcopy(self.pages))

    # --- the server process, driven by hand -----------------------------------------------------

    def open(self, name: str) -> None:
        """A stream, and then the page that it is for."""
        stream = stream_of(self.user(name))
        audiences = self.look_up(stream)
        stream.position = self.recent.position
        self.readers.join(stream, audiences)
        self.streams[name], self.pages[name] = stream, Page(name)
        self.pages[name].load(self.recent.position)

    def look_up(self, stream: NotedStream) -> frozenset[str]:
        """What the stream's user may see, once the log has told all of it."""
        identities, _ = look_up([stream.session_key])
        self.deliver()
        return identities[stream.session_key].audiences

    def deliver(self) -> None:
        """What the relay does with what is new in the log, and the pages with what they get."""
        for entry in reading.advance(self.recent.position, 10_000).entries:
            self.recent.add(entry)
            if entry.name in INTERNAL:
                self.internal.act_on(entry)
                continue
            for reader in self.readers.concerned(entry.audience | entry.before):
                content = entry.frame_for(reader.audiences)
                if content is not None:
                    reader.take(content, entry.position)
        for name, stream in self.streams.items():
            frames, stream.frames = stream.frames, []
            self.pages[name].take(frames, self.recent.position)

    def guard_looks_at(self, streams: list[Any]) -> None:
        finish(self.guard.look_again(streams))
        self.deliver()
        for stream in streams:
            if stream.closed:
                self.readers.leave(stream)
        for name, stream in list(self.streams.items()):
            if stream.closed and self.rule.is_active(name):
                self.open(name)

    # --- rows -----------------------------------------------------------------------------------

    def user(self, name: str) -> User:
        return User.objects.get(username=name)

    def living(self, name: str) -> User | None:
        return None if name in self.rule.gone else self.user(name)

    def queue(self, name: str) -> Queue:
        return Queue.objects.get(name__startswith=name)

    def ticket(self, number: int) -> int:
        keys = sorted(self.rule.tickets)
        return keys[number % len(keys)]

    def columns(self, queue: str, assignee: str | None) -> dict[str, Any]:
        user = self.living(assignee) if assignee else None
        return {"queue": self.queue(queue), "assignee": user}

    def note(self, ticket: Ticket, queue: str, assignee: str | None) -> None:
        self.rule.tickets[ticket.pk] = Shown(queue, None)
        self.place(ticket.pk, queue, assignee)

    def place(self, key: int, queue: str, assignee: str | None) -> None:
        known = None if assignee in self.rule.gone else assignee
        self.rule.tickets[key] = Shown(queue, known, self.rule.tickets[key].status)

    def change_person(self, name: str, announced: bool, **values: bool) -> bool:
        """Whether there is such a person. `update()` sends no signal: the guard finds it."""
        user = self.living(name)
        if user is not None and announced:
            for field_name, value in values.items():
                setattr(user, field_name, value)
            user.save()
        elif user is not None:
            User.objects.filter(pk=user.pk).update(**values)
            self.unannounced = True
        return user is not None


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """What it returns, where it never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast(T, done.value)
    raise AssertionError("it waited")


@pytest.mark.django_db
def test_everybody_sees_what_the_rule_gives_them_whatever_is_done() -> None:
    run_state_machine_as_test(
        HelpDesk,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            derandomize=True,  # the same steps each time
            database=None,  # nothing is kept between runs
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def frames_of(entries: Iterable[Entry], audiences: frozenset[str]) -> bytes:
    """What a stream of a user in these audiences is sent of the events."""
    return b"".join(entry.frame_for(audiences) or b"" for entry in entries)
