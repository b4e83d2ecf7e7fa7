"""The tables of a FastAPI backend that shares its database with Better Auth: user, session, account, verification, and a profile."""

import uuid
from datetime import datetime, timezone
from typing import Optional

from sqlmodel import Field, Relationship, SQLModel, UniqueConstraint


def now() -> datetime:
    return datetime.now(timezone.utc)


def new_id() -> str:
    return str(uuid.uuid4())


class UserBase(SQLModel):
    email: str = Field(unique=True, index=True, max_length=255)
    name: str | None = Field(default=None, max_length=255)
    email_verified: bool = Field(default=False)
    image: str | None = Field(default=None, max_length=512)


class User(UserBase, table=True):
    __tablename__ = "user"

    id: str = Field(default_factory=new_id, primary_key=True)
    hashed_password: str | None = Field(default=None, max_length=255)

    role: str = Field(default="user", max_length=50)
    is_active: bool = Field(default=True)
    bio: str | None = Field(default=None, max_length=500)
    website: str | None = Field(default=None, max_length=255)
    location: str | None = Field(default=None, max_length=100)
    stripe_customer_id: str | None = Field(default=None, max_length=255)
    subscription_status: str | None = Field(default=None, max_length=50)
    theme: str = Field(default="system")
    notifications_enabled: bool = Field(default=True)

    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)
    last_login_at: datetime | None = None

    sessions: list["Session"] = Relationship(back_populates="user")
    accounts: list["Account"] = Relationship(back_populates="user")
    profile: Optional["Profile"] = Relationship(back_populates="user")


class SessionBase(SQLModel):
    token: str = Field(unique=True, index=True, max_length=255)
    expires_at: datetime
    ip_address: str | None = Field(default=None, max_length=45)
    user_agent: str | None = Field(default=None, max_length=512)


class Session(SessionBase, table=True):
    __tablename__ = "session"

    id: str = Field(default_factory=new_id, primary_key=True)
    user_id: str = Field(foreign_key="user.id", index=True)
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)

    user: Optional["User"] = Relationship(back_populates="sessions")


class AccountBase(SQLModel):
    provider_id: str = Field(max_length=50, index=True)
    account_id: str = Field(max_length=255)
    scope: str | None = Field(default=None, max_length=512)


class Account(AccountBase, table=True):
    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("provider_id", "account_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    user_id: str = Field(foreign_key="user.id", index=True)
    access_token: str | None = Field(default=None, max_length=2048)
    refresh_token: str | None = Field(default=None, max_length=2048)
    id_token: str | None = Field(default=None, max_length=4096)
    access_token_expires_at: datetime | None = None
    refresh_token_expires_at: datetime | None = None
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)

    user: Optional["User"] = Relationship(back_populates="accounts")


class VerificationBase(SQLModel):
    identifier: str = Field(max_length=255, index=True)
    value: str = Field(max_length=255)


class Verification(VerificationBase, table=True):
    __tablename__ = "verification"

    id: str = Field(default_factory=new_id, primary_key=True)
    expires_at: datetime
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)


class Profile(SQLModel, table=True):
    __tablename__ = "profile"

    id: str = Field(default_factory=new_id, primary_key=True)
    user_id: str = Field(foreign_key="user.id", unique=True)
    display_name: str | None = None
    bio: str | None = Field(default=None, max_length=500)
    avatar_url: str | None = None
    cover_url: str | None = None
    website: str | None = None
    location: str | None = None
    twitter_handle: str | None = None
    github_username: str | None = None
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)

    user: Optional["User"] = Relationship(back_populates="profile")
