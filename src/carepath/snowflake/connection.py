"""Connections to Snowflake, with the session that our SQL needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from carepath.errors import CarepathError
from carepath.snowflake.settings import (
    KEY_PATH,
    PASSPHRASE,
    PUBLISHED_SCHEMA,
    SnowflakeSettings,
)

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

# What the meaning of our SQL would otherwise depend on; as in warehouse/macros/session.sql.
SESSION_PARAMETERS: dict[str, str | int | bool] = {
    "TIMEZONE": "UTC",
    "WEEK_START": 1,
    "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ",
    "TIMESTAMP_INPUT_FORMAT": "AUTO",
    "DATE_INPUT_FORMAT": "AUTO",
    "DATE_OUTPUT_FORMAT": "YYYY-MM-DD",
    "QUOTED_IDENTIFIERS_IGNORE_CASE": False,
}
_LOGIN_SECONDS = 60


def connect(settings: SnowflakeSettings, purpose: str) -> SnowflakeConnection:
    """Open a connection to the published schema of prod.

    Parameters
    ----------
    settings : SnowflakeSettings
        Where and as whom.
    purpose : str
        Word for the query tag, such as ``ask``: no person, no data.

    Raises
    ------
    CarepathError
        When the connector is not installed, the key cannot be read, or Snowflake says no. Secrets
        are in no message.
    """
    try:
        import snowflake.connector as connector
    except ImportError:
        raise CarepathError(
            "The connector for Snowflake is not installed.",
            fix="pip install 'carepath[snowflake]'",
        ) from None
    arguments: dict[str, Any] = {
        "account": settings.account,
        "user": settings.user,
        "role": settings.role,
        "warehouse": settings.warehouse,
        "database": settings.prod,
        "schema": PUBLISHED_SCHEMA,
        "authenticator": settings.authenticator,
        "port": settings.port,
        "protocol": settings.protocol,
        "paramstyle": "qmark",
        "login_timeout": _LOGIN_SECONDS,
        "application": "carepath",
        "session_parameters": SESSION_PARAMETERS
        | {"QUERY_TAG": json.dumps({"app": "carepath", "purpose": purpose})},
    }
    if settings.host:
        arguments["host"] = settings.host
    if settings.key_path is not None:
        arguments["private_key"] = _read_key(settings)
    try:
        return connector.connect(**arguments)
    except connector.errors.Error as error:
        raise CarepathError(
            f"Snowflake cannot be reached: {describe_error(error)}",
            where=f"account {settings.account}, user {settings.user}, role {settings.role}",
            fix="check the variables (docs/snowflake.md), and that the key belongs to the user",
        ) from None


def _read_key(settings: SnowflakeSettings) -> bytes:
    """Give the private key as the connector wants it; the message never quotes what was read."""
    from cryptography.hazmat.primitives import serialization

    assert settings.key_path is not None
    try:
        text = settings.key_path.read_bytes()
    except OSError as error:
        raise CarepathError(
            f"The private key cannot be read: {error.strerror}.",
            where=f"{KEY_PATH.name}: {settings.key_path}",
            fix="name the file that holds it (docs/snowflake.md)",
        ) from None
    try:
        key = serialization.load_pem_private_key(
            text, password=settings.passphrase.encode() if settings.passphrase else None
        )
    except (TypeError, ValueError):
        raise CarepathError(
            "The private key cannot be used: it is not a PKCS 8 key, or the passphrase is wrong.",
            where=str(settings.key_path),
            fix=f"set {PASSPHRASE.name} where the key is encrypted, and only there",
        ) from None
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def describe_error(error: Exception) -> str:
    """Give the first line of what Snowflake says, without the statement."""
    text = str(getattr(error, "msg", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__
