"""Passwords: stored as scrypt hashes, checked in threads of their own, and not too often.

1. scrypt with n=2**14, r=8, p=1 takes 16 MiB and some 50 ms, which makes it expensive for anyone
   trying a word list.
2. Two hashes are computed at once, and a hundred may wait; one more is refused as `busy`.
3. An unknown name takes as long as a wrong password, and gets the same answer.
"""

import asyncio
import functools
import hashlib
import hmac
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from helpers.serving.ratelimit import Bucket
from helpers.serving.schema import Refusal

SHORTEST, LONGEST = 8, 128  # characters
SALT_BYTES = 16
AT_ONCE = 2
MAX_WAITING = 100
MAX_NAMES = 10_000  # whose attempts are counted; then the one tried longest ago is forgotten


def check_password(password: str) -> str:
    """Return a password, if its length is allowed.

    Raises:
        Refusal: bad_password.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        fact = f"expected a password of {SHORTEST} to {LONGEST} characters, got {len(password)}"
        raise Refusal("bad_password", fact)
    return password


def hash_password(password: str, salt: bytes) -> str:
    """Hash a password; return the salt and the hash, as they are stored.

    Args:
        password: in any Unicode form; keyboards differ.
        salt: random, so that equal passwords have different hashes.

    Source: RFC 7914.
    """
    secret = unicodedata.normalize("NFKC", password).encode()
    digest = hashlib.scrypt(secret, salt=salt, n=2**14, r=8, p=1)
    return f"{salt.hex()}:{digest.hex()}"


class Passwords:
    """Hashes and verifies passwords, off the event loop.

    Args:
        attempts: how many wrong passwords a name allows at once.
        per_minute: how many more it allows each minute.
    """

    def __init__(self, attempts: int, per_minute: float = 6) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "scrypt")
        self._waiting = 0
        self._rate = attempts, per_minute / 60
        self._buckets: dict[str, Bucket] = {}
        self._hash_for_unknown_name = hash_password("", secrets.token_bytes(SALT_BYTES))

    async def hash(self, password: str) -> str:
        """Hash a new password, as it is stored.

        Raises:
            Refusal: busy.
        """
        return await self._hash_in_thread(password, secrets.token_bytes(SALT_BYTES))

    async def verify(self, key: str, password: str, stored: str | None) -> bool:
        """Tell whether a password is the one whose hash is stored.

        Args:
            key: of the name; each name has its own bucket of attempts.
            password: what somebody typed.
            stored: the hash; None when nobody has this name.

        Raises:
            Refusal: too_fast; busy.
        """
        bucket = self._bucket(key)
        try:
            bucket.take()
        except Refusal as error:
            fact = "too many attempts for this name; wait a minute"
            raise Refusal("too_fast", fact) from error
        expected = stored or self._hash_for_unknown_name
        salt = bytes.fromhex(expected.partition(":")[0])
        found = await self._hash_in_thread(password, salt)
        right = hmac.compare_digest(found, expected) and stored is not None
        if right:
            self._buckets.pop(key, None)
        return right

    async def _hash_in_thread(self, password: str, salt: bytes) -> str:
        if self._waiting >= MAX_WAITING:
            raise Refusal("busy", "many people are signing in; try again in a few seconds")
        self._waiting += 1
        try:
            work = functools.partial(hash_password, password, salt)
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _bucket(self, key: str) -> Bucket:
        bucket = self._buckets.pop(key, None) or Bucket(*self._rate)
        self._buckets[key] = bucket  # the most recent is last
        if len(self._buckets) > MAX_NAMES:
            del self._buckets[next(iter(self._buckets))]
        return bucket
