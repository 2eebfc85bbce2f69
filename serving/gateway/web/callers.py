"""Who asks: keys, what each may do, and how many characters it has left."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone

from sqlalchemy.exc import SQLAlchemyError

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.database import keys
from serving.gateway.database.database import Database
from serving.gateway.database.tables import Key

log = logging.getLogger(__name__)

_MINUTE = 60.0


@dataclass
class _Bucket:
    """Characters of a minute: they come back evenly, none is saved for later."""

    left: float
    since: float

    def take(self, characters: int, per_minute: int) -> float:
        """Take them, or the seconds after which they are there."""
        now = time.monotonic()
        self.left = min(float(per_minute), self.left + (now - self.since) * per_minute / _MINUTE)
        self.since = now
        # More than a minute's worth passes when the minute is whole, and is paid for afterwards.
        if self.left < min(characters, per_minute):
            return (min(characters, per_minute) - self.left) * _MINUTE / per_minute
        self.left -= characters
        return 0.0


@dataclass(frozen=True)
class Caller:
    """Somebody with a key, or anybody where none is wanted (`key` is None)."""

    callers: Callers
    key: Key | None = None

    @property
    def name(self) -> str:
        """For logs; empty for anybody."""
        return self.key.name if self.key else ""

    @property
    def used(self) -> int:
        """Characters of this month."""
        return self.callers.used(self.key) if self.key else 0

    @contextmanager
    def spending(self, characters: int) -> Iterator[None]:
        """Characters that are the caller's if this goes well, and given back if it does not.

        Raises:
            GatewayError: TOO_FAST or QUOTA, there are not so many left.
        """
        if self.key is None:
            yield
            return
        month = self.callers.take(self.key, characters)
        try:
            yield
        except BaseException:
            self.callers.give_back(self.key, characters, month)
            raise


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class Callers:
    """All keys, as they were a moment ago; of one event loop."""

    database: Database
    are_wanted: bool
    """Whether nobody is answered without a key."""
    clock: Callable[[], datetime] = _now
    """In UTC: which month it is."""
    _by_hash: dict[str, Key] = field(default_factory=dict)
    _used: dict[keys.KeyMonth, int] = field(default_factory=dict)
    """In the database."""
    _unwritten: Counter[keys.KeyMonth] = field(default_factory=Counter)
    _buckets: dict[int, _Bucket] = field(default_factory=dict)
    _read_at: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        """Seconds since the keys were read, or the gateway began: it grows while the database is away."""
        return time.monotonic() - self._read_at

    async def refresh(self) -> None:
        """Write what was used and read the keys again. A database that is not there changes nothing: known
        keys go on, and what they use is written later.
        """
        spent = {place: count for place, count in self._unwritten.items() if count}
        try:
            if spent:
                await self.database.run(keys.use, spent)
                self._unwritten.subtract(spent)
                for place, count in spent.items():  # Counted, whether or not the keys can be read now.
                    self._used[place] = self._used.get(place, 0) + count
            month = self._month()
            listed = await self.database.run(keys.listed, month)
        except SQLAlchemyError as error:
            reason = str(error.__cause__ or error)
            log.error("the keys stay as they were", extra={"fields": {"reason": reason}})
            return
        now = self.clock()
        by_hash = {}
        for key, _ in listed:
            if key.revoked is None:
                by_hash[key.hash] = key
                if key.old_hash and key.old_until and _aware(key.old_until) > now:
                    by_hash[key.old_hash] = key
        self._by_hash, self._read_at = by_hash, time.monotonic()
        self._used = {(key.id, month): used for key, used in listed}

    def admit(self, secret: str | None, scope: str) -> Caller:
        """Who has this secret.

        Raises:
            GatewayError: KEY_MISSING or KEY_REFUSED.
        """
        if not self.are_wanted and scope not in keys.ALWAYS_WANTED:
            return Caller(self)
        if not secret:
            raise GatewayError(Fault.KEY_MISSING, "Please contact the server operator to get an API key")
        key = self._by_hash.get(keys.hash_of(secret))
        if key is None:
            raise GatewayError(Fault.KEY_REFUSED, "Invalid API key")
        if scope not in key.scopes.split(","):
            raise GatewayError(Fault.KEY_REFUSED, f"this API key is not for `{scope}`")
        return Caller(self, key)

    def used(self, key: Key) -> int:
        """Characters of this month, as far as this gateway knows."""
        place = key.id, self._month()
        return self._used.get(place, 0) + self._unwritten[place]

    def take(self, key: Key, characters: int) -> str:
        """Count them; the month that they are of. Raises as `Caller.spending`."""
        if key.per_month is not None and characters > (left := max(0, key.per_month - self.used(key))):
            raise GatewayError(
                Fault.QUOTA, f"this has {characters} characters, and {left} of this month's are left"
            )
        if key.per_minute is not None:
            bucket = self._buckets.setdefault(key.id, _Bucket(key.per_minute, time.monotonic()))
            if wait := bucket.take(characters, key.per_minute):
                raise GatewayError(
                    Fault.TOO_FAST, f"more than {key.per_minute} characters a minute", retry_after=wait + 1
                )
        month = self._month()
        self._unwritten[key.id, month] += characters
        return month

    def give_back(self, key: Key, characters: int, month: str) -> None:
        """They were not used after all; `month`: that they are of."""
        self._unwritten[key.id, month] -= characters
        if key.id in self._buckets:
            self._buckets[key.id].left += characters

    def _month(self) -> str:
        return keys.month_of(self.clock())


def _aware(moment: datetime) -> datetime:
    """SQLite forgets the zone, which is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
