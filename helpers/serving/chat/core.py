"""The chat itself, whatever carries it: its members, their names, and what they say.

A server adds its wire: how a member is reached, and how messages and errors are written.

1. A name is one person's for as long as they have a place, however it is written.
2. A message is acknowledged, and passed on, only once it is on the disk.
3. A member is `live` when everything that they missed has been sent; only then do they get
   messages as they are said. So there is no gap, and nothing arrives twice.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from helpers.serving import database, messages, names, schema
from helpers.serving.chat import store as chat_store
from helpers.serving.presence import Connection, Place, Roster
from helpers.serving.ratelimit import Bucket
from helpers.serving.schema import Field, Refusal

TYPES = {
    "join": {"name": Field(str), "token": Field(str, False), "after": Field(int, False)},
    "say": {"id": Field(str), "text": Field(str), "to": Field(str, False)},
    "typing": {"on": Field(bool)},
    "catch_up": {"after": Field(int)},
    "history": {"before": Field(int)},
    "ping": {},
}

Ack = TypeVar("Ack")


class Member(Place[Connection]):
    """Somebody in the chat.

    Attributes:
        person: the one in the database.
        live: whether everything that was missed is sent, and new messages may follow.
        typing: the timer that ends it, while somebody is typing.
    """

    def __init__(self, person: chat_store.Person) -> None:
        super().__init__(names.name_key(person.name), person.name)
        self.person = person
        self.live = False
        self.typing: asyncio.TimerHandle | None = None


class Members(Roster[Member[Connection], Connection]):
    """Everybody in the chat; a subclass knows how to reach them.

    Args:
        on_leave: called with whoever has left.
        return_s: how many seconds a lost connection keeps its place.
        typing_s: after how many seconds a member is no longer typing, unless they say so again.
        joins: how many may come in at once, each of whom everybody hears of; the default is
            that of `join_bucket`.
    """

    def __init__(
        self,
        on_leave: Callable[[Member[Connection]], None],
        return_s: float,
        typing_s: float,
        joins: Bucket | None = None,
    ) -> None:
        super().__init__(on_leave, return_s, joins)
        self._typing_s = typing_s
        # Whose name it is: of those about to come in, on as many connections as there are.
        self._arriving: dict[str, list[int | None]] = {}

    def broadcast(self, message: dict[str, Any], *, but: Member[Connection] | None = None) -> None:
        """Send a message to everybody, or to everybody but one."""
        raise NotImplementedError

    def pass_on(
        self,
        message: chat_store.Message,
        author: Member[Connection],
        recipient: Member[Connection] | None,
    ) -> None:
        """Send what was said to everybody who is live, or to its recipient alone."""
        raise NotImplementedError

    def names(self) -> list[str]:
        """List the names of all members."""
        return sorted((member.name for member in self.members.values()), key=str.casefold)

    def find(self, name: str) -> Member[Connection] | None:
        """Find a member by name, however it is written."""
        return self.members.get(names.name_key(name))

    @contextlib.contextmanager
    def reserved(self, name: str, person: chat_store.Person | None) -> Iterator[None]:
        """Reserve a name, for the length of a block, for somebody who is about to come in.

        Args:
            name: the name, checked.
            person: the one who asks for it; None for somebody new.

        Raises:
            Refusal: name_taken, when it is somebody else's; busy, when too many come in.
        """
        key = names.name_key(name)
        owner = self.members.get(key)
        mine = owner and person and owner.person.id == person.id
        arriving = self._arriving.get(key, [])
        if any(not person or id != person.id for id in arriving) or (owner and not mine):
            fact = f"the name {owner.name if owner else name} is taken; choose another one"
            raise Refusal("name_taken", fact)
        if not owner:
            self.count_join()
        me = person.id if person else None
        self._arriving.setdefault(key, []).append(me)
        try:
            yield
        finally:
            self._arriving[key].remove(me)
            if not self._arriving[key]:
                del self._arriving[key]

    def come_in(self, person: chat_store.Person, connection: Connection) -> Member[Connection]:
        """Give somebody their place, and tell the others if they are new."""
        member, new = self.enter(Member(person), connection)
        member.live = False
        if new:
            self.broadcast({"type": "joined", "name": member.name}, but=member)
        return member

    def go_live(self, member: Member[Connection], connection: Connection) -> None:
        """Send new messages to a member from now on, if this is still their connection."""
        if member.connection == connection:
            member.live = True

    def start_typing(self, member: Member[Connection]) -> None:
        """Tell the others that a member is typing, which ends by itself after a while."""
        if member.typing:
            member.typing.cancel()
        else:
            self.broadcast({"type": "typing", "name": member.name, "on": True}, but=member)
        loop = asyncio.get_running_loop()
        member.typing = loop.call_later(self._typing_s, self.stop_typing, member)

    def stop_typing(self, member: Member[Connection]) -> None:
        """Tell the others that a member is no longer typing."""
        if member.typing:
            member.typing.cancel()
            member.typing = None
            self.broadcast({"type": "typing", "name": member.name, "on": False}, but=member)


class Chat(Generic[Connection]):
    """The members, and what is stored of what they say.

    Args:
        store: the database.
        members: those who have a place; they call `on_leave` when one leaves.
    """

    def __init__(self, store: database.Database, members: Members[Connection]) -> None:
        self.store, self.members = store, members

    async def hold_names(self, for_s: float) -> None:
        """Hold the names of those who were online when the server ended.

        Args:
            for_s: for how many seconds.
        """
        await self.store.run(chat_store.forget_strangers)
        for person in await self.store.run(chat_store.were_online):
            self.members.keep_for(Member(person), for_s)

    def on_leave(self, member: Member[Connection]) -> None:
        """Tell everybody that a member has left, and store it."""
        self.members.stop_typing(member)
        self.members.broadcast({"type": "left", "name": member.name})
        self.store.run_later(lambda db: chat_store.set_online(db, member.person.id, False))

    async def recognise(self, name: str, token: str | None) -> chat_store.Person | None:
        """Find the person who has this token and this name; None for somebody without a token.

        Raises:
            Refusal: bad_token, when there is no such person.
        """
        if not token:
            return None
        person = await self.store.run(lambda db: chat_store.find_person(db, names.hashed(token)))
        if not person or names.name_key(person.name) != names.name_key(name):
            raise Refusal("bad_token", "nobody has this name and token; join without a token")
        return person

    def record(
        self,
        author: Member[Connection],
        id: str,
        text: str,
        to: str | None,
        acknowledge: Callable[[chat_store.Message], Ack],
    ) -> asyncio.Future[Ack]:
        """Store a message; once it is on the disk, acknowledge it and pass it on.

        Args:
            author: the member who says it.
            id: the author's own name for it: a retry is the same message.
            text: what is said.
            to: the name of the one member it is for; None for everybody.
            acknowledge: called with the stored message, before anybody else gets it.

        Returns:
            The future of what `acknowledge` returns.

        Raises:
            Refusal: bad_field, too_long or no_such_person.
        """
        messages.check_message(id, text)
        recipient = self.members.find(to) if to is not None else None
        if to is not None and not recipient:
            raise Refusal("no_such_person", f"{schema.brief(to)} is not in the chat", id)
        to_person = recipient.person if recipient else None
        at = messages.now()

        def add(db: sqlite3.Connection) -> tuple[chat_store.Message, bool]:
            return chat_store.add_message(db, author.person, id, at, text, to_person)

        def on_commit(stored: tuple[chat_store.Message, bool]) -> Ack:
            message, new = stored
            ack = acknowledge(message)
            if new:
                self.members.stop_typing(author)
                self.members.pass_on(message, author, recipient)
            return ack

        return self.store.submit(add, on_commit)
