"""Signing in over HTTP, and the cookie that says from then on whose browser it is.

1. Only pages of this server may ask: another `Origin` is refused, and so is a form, which cannot
   send `Content-Type: application/json`.
2. The cookie is encrypted, hidden from scripts (HttpOnly), not sent with the requests of other
   sites (SameSite=Lax), and, once it was set over https, never sent unencrypted (Secure).
3. Cookies know no ports, so its name tells the servers of one machine apart: it ends with a
   fingerprint of the cookies' key, and is the same after a restart with the same data.
4. It holds the token of a session, and the session is a row in the database. Signing out deletes
   the row, and an expired row no longer counts, so that a copy of the cookie is then worthless.
"""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp_session import Session, get_session, new_session, session_middleware
from aiohttp_session.cookie_storage import EncryptedCookieStorage
from cryptography.fernet import Fernet

from helpers.servers.rooms import passwords as rooms_passwords
from helpers.servers.rooms import store as rooms_store
from helpers.serving import database, names, schema
from helpers.serving.folder import StartError, advice
from helpers.serving.schema import Field, Fields, Refusal
from helpers.serving.static import SECURITY_HEADERS
from helpers.wire import handshake

COOKIE = "rooms_session_"  # and the fingerprint of the key
LARGEST = 4_096  # bytes of a request's body
BODY_S = 10.0  # for the whole body to arrive
ACCOUNT = {"name": Field(str), "password": Field(str)}
EVERYWHERE = {"everywhere": Field(bool, False)}
STATUS = {  # of the codes that are not a plain 400
    "not_signed_in": 401,
    "wrong_password": 401,
    "foreign_origin": 403,
    "name_taken": 409,
    "too_long": 413,
    "bad_content_type": 415,
    "too_fast": 429,
    "busy": 503,
    "full": 503,
    "not_saved": 503,
}

OnEnd = Callable[[Iterable[str], str], None]
Handler = Callable[[web.Request, dict[str, Any]], Awaitable[dict[str, Any]]]


class Cookies(EncryptedCookieStorage):
    """The cookies of aiohttp-session, `Secure` whenever the browser uses https."""

    async def load_session(self, request: web.Request) -> Session:
        """Return the session of a request; a new one, if its cookie is foreign or too old."""
        try:
            return await super().load_session(request)
        except ValueError:  # the cookie is not text
            return await self.new_session()

    async def save_session(
        self, request: web.Request, response: web.StreamResponse, session: Session
    ) -> None:
        """Write the cookie into a response."""
        await super().save_session(request, response, session)
        if request.headers.get("X-Forwarded-Proto", request.scheme) == "https":
            response.cookies[self.cookie_name]["secure"] = True


class Sessions:
    """The sessions of people who have signed in, and the requests that start and end them.

    Args:
        store: the database.
        key_file: the file with the cookies' key, which outlives a restart.
        session_s: how long a session lasts.
        attempts: how many wrong passwords a name allows at once.
        on_end: called with the ids of sessions that have ended, and why.
    """

    def __init__(
        self,
        store: database.Database,
        key_file: Path,
        session_s: float,
        attempts: int,
        on_end: OnEnd,
    ) -> None:
        self._store, self._session_s, self._on_end = store, session_s, on_end
        self._passwords = rooms_passwords.Passwords(attempts)
        key = _load_key(key_file)
        cookies = Cookies(
            Fernet(key),
            cookie_name=COOKIE + names.hashed(key.decode())[:8],
            max_age=max(1, round(session_s)),
            httponly=True,
            samesite="Lax",
        )
        self.middleware = session_middleware(cookies)

    def list_routes(self) -> list[web.RouteDef]:
        """List the requests that a page may send."""
        return [
            web.post("/sign-up", _answer_with_json(self._sign_up, ACCOUNT)),
            web.post("/sign-in", _answer_with_json(self._sign_in, ACCOUNT)),
            web.post("/sign-out", _answer_with_json(self._sign_out, EVERYWHERE)),
            web.get("/me", _answer_with_json(self._read_name, None)),
        ]

    async def read_id(self, request: web.Request) -> str | None:
        """Read the id of a session from a request's cookie; the session may have ended."""
        token = (await get_session(request)).get("id")
        return names.hashed(token) if isinstance(token, str) else None

    async def find(self, request: web.Request) -> rooms_store.Session | None:
        """Find the session of a request's cookie, unless it has ended or expired."""
        id_, now = await self.read_id(request), time.time()
        if id_ is None:
            return None
        return await self._store.run(lambda db: rooms_store.find_session(db, id_, now))

    async def _sign_up(self, request: web.Request, asked: dict[str, Any]) -> dict[str, Any]:
        name = names.checked_name(asked["name"])
        password = rooms_passwords.check_password(asked["password"])
        if await self._store.run(lambda db: rooms_store.find_person(db, name)):
            raise Refusal("name_taken", "somebody has signed up with this name; choose another")
        hashed = await self._passwords.hash(password)
        person = await self._store.run(lambda db: rooms_store.add_person(db, name, hashed))
        return await self._start(request, person)

    async def _sign_in(self, request: web.Request, asked: dict[str, Any]) -> dict[str, Any]:
        name = names.checked_name(asked["name"])
        password = rooms_passwords.check_password(asked["password"])
        found = await self._store.run(lambda db: rooms_store.find_person(db, name))
        stored = found[1] if found else None
        right = await self._passwords.verify(names.name_key(name), password, stored)
        if not found or not right:
            raise Refusal("wrong_password", "wrong name or password")
        return await self._start(request, found[0])

    async def _start(self, request: web.Request, person: rooms_store.Person) -> dict[str, Any]:
        """Start a new session, whose id nobody can have known or chosen before."""
        replaced = await self.read_id(request)
        token, now = names.new_token(), time.time()
        session = rooms_store.Session(names.hashed(token), person, now + self._session_s)
        await self._store.run(
            lambda db: rooms_store.start_session(db, session, replaced, now),
            lambda ended: self._on_end(ended, "replaced"),
        )
        (await new_session(request))["id"] = token
        return {"name": person.name}

    async def _sign_out(self, request: web.Request, asked: dict[str, Any]) -> dict[str, Any]:
        id_ = await self.read_id(request)
        (await get_session(request)).invalidate()
        if id_ is not None:
            await self._store.run(
                lambda db: rooms_store.end_session(db, id_, bool(asked["everywhere"])),
                lambda ended: self._on_end(ended, "signed_out"),
            )
        return {}

    async def _read_name(self, request: web.Request, asked: dict[str, Any]) -> dict[str, Any]:
        session = await self.find(request)
        if not session:
            raise Refusal("not_signed_in", "sign in first")
        return {"name": session.person.name}


def _answer_with_json(
    handler: Handler, fields: Fields | None
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap a handler, so that it gets checked fields, and its result or refusal becomes JSON."""

    async def answer(request: web.Request) -> web.Response:
        try:
            asked = await _read_body(request, fields) if fields is not None else {}
            reply, status = await handler(request, asked), 200
        except Refusal as error:
            reply, status = {"code": error.code, "text": str(error)}, STATUS.get(error.code, 400)
        return web.json_response(reply, status=status, headers=dict(SECURITY_HEADERS))

    return answer


async def _read_body(request: web.Request, fields: Fields) -> dict[str, Any]:
    origin = request.headers.get("Origin")
    headers = (("Host", request.headers.get("Host", "")), ("Origin", origin or ""))
    if origin is not None and not handshake.same_origin(handshake.Request("POST", "/", headers)):
        raise Refusal("foreign_origin", f"origin not allowed: {schema.brief(origin)}")
    if request.content_type != "application/json":
        fact = f"expected application/json, got {schema.brief(request.content_type)}"
        raise Refusal("bad_content_type", fact)
    if request.content_length is None or request.content_length > LARGEST:
        raise Refusal("too_long", f"expected a Content-Length of at most {LARGEST} bytes")
    try:
        async with asyncio.timeout(BODY_S):
            body = json.loads(await request.read())
    except (ValueError, RecursionError, TimeoutError) as error:
        raise Refusal("bad_json", "expected a JSON object") from error
    return schema.read_event(request.path, (body,), fields)


def _load_key(file: Path) -> bytes:
    """Read the cookies' key, or make one that only its owner may read.

    Raises:
        StartError: when it is not a key, or the file cannot be read or written.
    """
    try:
        key = _read_or_make_key(file)
        Fernet(key)
    except OSError as error:
        fact = f"cannot use the file {file}: {error.strerror or error}"
        raise StartError(f"{fact}; {advice(error.errno)}") from error
    except ValueError as error:
        fact = f"{file} does not hold a key for cookies"
        raise StartError(
            f"{fact}; delete it, after which everybody has to sign in again"
        ) from error
    return key


def _read_or_make_key(file: Path) -> bytes:
    if not file.exists():
        new = file.with_suffix(".new")
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            written.write(Fernet.generate_key())
        new.replace(file)  # never half a key
    return file.read_bytes()
