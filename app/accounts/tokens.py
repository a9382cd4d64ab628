"""Bearer tokens with which programs act for somebody. Only their hashes are kept; making and ending is audited."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from app.accounts.queries import account_by_email
from app.accounts.shapes import TokenFields
from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import now, write
from app.security.passwords import hash_secret, new_secret
from app.validation.refusals import Refused
from app.validation.texts import clean
from models.accounts import ApiToken


async def add_token(email: str, by: Actor, *, name: str = "", life: timedelta | None = None) -> str:
    """A new bearer token for an account. `life` None: no end. Raises Refused "not_found"."""
    account = await account_by_email(email)
    if account is None or account["disabled_at"] is not None:
        raise Refused("not_found")
    _, secret = await _add(account["id"], clean(name)[:120], life, now(), by)
    return secret


async def add_own(account: UUID, given: TokenFields, since: datetime, by: Actor) -> tuple[UUID, str]:
    """A token for a program of one's own: its id, and the secret, which nobody can show again.

    `since` is before the password was shown: if it is changed meanwhile, the token is over with all the others.
    """
    return await _add(account, given.name, timedelta(days=int(given.days)), since, by)


async def _add(account: UUID, name: str, life: timedelta | None, moment: datetime, by: Actor) -> tuple[UUID, str]:
    row, secret = uuid4(), new_secret()
    async with write():
        await ApiToken.insert(
            ApiToken(
                id=row,
                account=account,
                secret_hash=hash_secret(secret),
                created_at=moment,
                name=name,
                expires_at=moment + life if life else None,
            )
        )
        await record(Kind.TOKEN_ADDED, by, row)
    return row, secret


async def revoke_token(token: UUID, by: Actor, *, of: UUID | None = None) -> bool:
    """End a token (of this account); False if there is none. Twice changes nothing."""
    mine = ApiToken.id == token if of is None else (ApiToken.id == token) & (ApiToken.account == of)
    async with write():
        ended = (
            await ApiToken.update({ApiToken.revoked_at: now()})
            .where(mine, ApiToken.revoked_at.is_null())
            .returning(ApiToken.id)
        )
        if ended:
            await record(Kind.TOKEN_REVOKED, by, token)
    return bool(ended) or await ApiToken.exists().where(mine)


class TokenRow(msgspec.Struct, frozen=True):
    """A token without its secret, and whose it is."""

    id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    email: str
    rights_since: datetime | None

    @property
    def over(self) -> bool:
        """Whether it is good for nothing any more: ended, out of its time, or of before the password was changed."""
        ended = self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now())
        return ended or (self.rights_since is not None and self.created_at < self.rights_since)


_LISTED = (
    *(ApiToken.id, ApiToken.name, ApiToken.created_at, ApiToken.used_at, ApiToken.expires_at, ApiToken.revoked_at),
    ApiToken.account.email.as_alias("email"),
    ApiToken.account.rights_since.as_alias("rights_since"),
)


async def all_tokens() -> list[TokenRow]:
    """Every token, the oldest first."""
    return msgspec.convert(await ApiToken.select(*_LISTED).order_by(ApiToken.created_at), list[TokenRow], strict=False)


async def tokens_of(account: UUID, after: tuple[datetime, UUID] | None, most: int) -> list[TokenRow]:
    """An account's tokens, the newest first; `after` is (created_at, id) of the last one seen."""
    found = ApiToken.select(*_LISTED).where(ApiToken.account == account)
    if after:
        at, row = after
        found = found.where((ApiToken.created_at < at) | ((ApiToken.created_at == at) & (ApiToken.id < row)))
    rows = await found.order_by(ApiToken.created_at, ApiToken.id, ascending=False).limit(most)
    return msgspec.convert(rows, list[TokenRow], strict=False)
