"""What a FastAPI backend does with Better Auth's rows. One request as JSON on each line of stdin, one answer on stdout."""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload
from sqlmodel import SQLModel, delete, select

from models import Account, Profile, Session, User

url, secret = sys.argv[1:3]
engine = create_async_engine(url)
sessions = async_sessionmaker(engine, expire_on_commit=False)


def token_of(cookie: str) -> str | None:
    """The session token of Better Auth's signed cookie."""
    token, _, signature = unquote(cookie).rpartition(".")
    expected = base64.b64encode(hmac.new(secret.encode(), token.encode(), hashlib.sha256).digest()).decode()
    return token if hmac.compare_digest(expected, signature) else None


async def create_tables(db: AsyncSession):
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)


async def who(db: AsyncSession, cookie: str):
    token = token_of(cookie)
    if token is None:
        return None
    result = await db.execute(
        select(Session, User).join(User).where(Session.token == token).where(Session.expires_at > datetime.now(timezone.utc))
    )
    row = result.one_or_none()
    return row and {"session": row.Session.model_dump(mode="json"), "user": row.User.model_dump(mode="json")}


async def get_user_by_email(db: AsyncSession, email: str):
    result = await db.execute(select(User).where(User.email == email))
    user = result.scalar_one_or_none()
    return user and user.model_dump(mode="json")


async def get_user_with_sessions(db: AsyncSession, user_id: str):
    result = await db.execute(
        select(User).where(User.id == user_id).options(selectinload(User.sessions), selectinload(User.profile))
    )
    user = result.scalar_one_or_none()
    return user and {"tokens": [session.token for session in user.sessions], "profile": user.profile and user.profile.display_name}


async def get_active_sessions(db: AsyncSession, user_id: str):
    result = await db.execute(
        select(Session).where(Session.user_id == user_id).where(Session.expires_at > datetime.now(timezone.utc))
    )
    return [session.token for session in result.scalars().all()]


async def invalidate_user_sessions(db: AsyncSession, user_id: str):
    result = await db.execute(delete(Session).where(Session.user_id == user_id))
    await db.commit()
    return result.rowcount


async def get_user_accounts(db: AsyncSession, user_id: str):
    result = await db.execute(select(Account).where(Account.user_id == user_id))
    return [account.provider_id for account in result.scalars().all()]


async def get_account_by_provider(db: AsyncSession, provider_id: str, account_id: str):
    result = await db.execute(
        select(Account).where(Account.provider_id == provider_id).where(Account.account_id == account_id)
    )
    account = result.scalar_one_or_none()
    return account and account.model_dump(mode="json")


async def add_user(db: AsyncSession, email: str, name: str, display_name: str):
    user = User(email=email, name=name)
    db.add(user)
    await db.flush()
    db.add(Profile(user_id=user.id, display_name=display_name))
    await db.commit()
    return user.id


async def add_session(db: AsyncSession, user_id: str, token: str, seconds: float):
    db.add(Session(user_id=user_id, token=token, expires_at=datetime.now(timezone.utc) + timedelta(seconds=seconds)))
    await db.commit()


async def main():
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            async with sessions() as db:
                answer = {"result": await globals()[name](db, **arguments)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    await engine.dispose()


asyncio.run(main())
