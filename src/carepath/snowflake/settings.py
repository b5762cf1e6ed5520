"""What Snowflake needs, from the environment variables that dbt's profile reads too."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from carepath.errors import CarepathError

KEY_PAIR = "snowflake_jwt"
BROWSER = "externalbrowser"
PUBLISHED_SCHEMA = "public"


@dataclass(frozen=True)
class Variable:
    """An environment variable.

    Parameters
    ----------
    name : str
        As it is set.
    meaning : str
        What to set it to; part of the message when it is missing.
    default : str or None
        Its value where it is not set; None: it must be.
    """

    name: str
    meaning: str
    default: str | None = None


ACCOUNT = Variable("SNOWFLAKE_ACCOUNT", "the account identifier, such as myorg-prod")
USER = Variable("SNOWFLAKE_USER", "the user that builds or reads")
ROLE = Variable("SNOWFLAKE_ROLE", "the role to use, such as CAREPATH_BUILDER")
WAREHOUSE = Variable("SNOWFLAKE_WAREHOUSE", "the virtual warehouse that computes")
AUTHENTICATOR = Variable(
    "SNOWFLAKE_AUTHENTICATOR", f"{KEY_PAIR} (a key pair) or {BROWSER} (a person)", KEY_PAIR
)
KEY_PATH = Variable("SNOWFLAKE_PRIVATE_KEY_PATH", "the file of the private key (PKCS 8, PEM)")
PASSPHRASE = Variable(
    "DBT_ENV_SECRET_SNOWFLAKE_PASSPHRASE", "what the private key is encrypted with", ""
)
PREFIX = Variable(
    "CAREPATH_DATABASE_PREFIX", "what the databases prep and prod begin with, as dev_anna_", ""
)
PROD_SCHEMA = Variable("CAREPATH_PROD_SCHEMA", "the schema of prod to build into", PUBLISHED_SCHEMA)
REPORTER = Variable("CAREPATH_REPORTER_ROLE", "the role that may read prod", "carepath_reporter")
THREADS = Variable("CAREPATH_THREADS", "statements at once", "8")
HOST = Variable("SNOWFLAKE_HOST", "a host other than the account's, as of a private link", "")
PORT = Variable("SNOWFLAKE_PORT", "its port", "443")
PROTOCOL = Variable("SNOWFLAKE_PROTOCOL", "https, or http to an emulator", "https")

VARIABLES = (
    ACCOUNT,
    USER,
    ROLE,
    WAREHOUSE,
    AUTHENTICATOR,
    KEY_PATH,
    PASSPHRASE,
    PREFIX,
    PROD_SCHEMA,
    REPORTER,
    THREADS,
    HOST,
    PORT,
    PROTOCOL,
)
_DOCUMENT = "docs/snowflake.md"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, repr=False)
class SnowflakeSettings:
    """How to reach an account. Never shown: it holds the passphrase.

    Parameters
    ----------
    account, user, role, warehouse : str
        Who connects, as what, to what, and what computes.
    authenticator : {"snowflake_jwt", "externalbrowser"}
        How the user proves who they are.
    key_path : Path or None
        The private key, for a key pair.
    passphrase : str
        Of the key; empty where it is not encrypted.
    prefix : str
        What the names of our databases begin with.
    reporter : str
        Role that may read prod.
    host, protocol : str
        Where the service is; empty host: where the account says.
    port : int
        Its port.
    """

    account: str
    user: str
    role: str
    warehouse: str
    authenticator: str
    key_path: Path | None
    passphrase: str
    prefix: str
    reporter: str
    host: str
    port: int
    protocol: str

    @property
    def prod(self) -> str:
        """Name of the database that people read."""
        return f"{self.prefix}prod"

    @property
    def prep(self) -> str:
        """Name of the database of stepping stones."""
        return f"{self.prefix}prep"

    def __repr__(self) -> str:
        """Name the account and nothing that is secret."""
        return f"SnowflakeSettings({self.account!r}, prod={self.prod!r})"


def read_settings(environment: Mapping[str, str] | None = None) -> SnowflakeSettings:
    """Read the settings.

    Raises
    ------
    CarepathError
        Naming every variable that is missing, or one that cannot be right; never a value that
        could be secret.
    """
    given = os.environ if environment is None else environment
    authenticator = given.get(AUTHENTICATOR.name, "") or KEY_PAIR
    if authenticator not in (KEY_PAIR, BROWSER):
        raise CarepathError(
            f"{AUTHENTICATOR.name} is neither {KEY_PAIR} nor {BROWSER}.",
            where="the environment",
            fix=f"set one of the two, or unset it for a key pair ({_DOCUMENT})",
        )
    required = [v for v in VARIABLES if v.default is None]
    if authenticator == BROWSER:
        required.remove(KEY_PATH)
    missing = [variable for variable in required if not given.get(variable.name)]
    if missing:
        listed = "\n  ".join(f"{variable.name}: {variable.meaning}" for variable in missing)
        raise CarepathError(
            f"Snowflake is not set up here; these variables are missing:\n  {listed}",
            where="the environment",
            fix=f"set them ({_DOCUMENT})",
        )

    def value(variable: Variable) -> str:
        return given.get(variable.name) or variable.default or ""

    return SnowflakeSettings(
        account=value(ACCOUNT),
        user=value(USER),
        role=value(ROLE),
        warehouse=value(WAREHOUSE),
        authenticator=authenticator,
        key_path=Path(value(KEY_PATH)).expanduser() if authenticator == KEY_PAIR else None,
        passphrase=value(PASSPHRASE),
        prefix=_checked_name(PREFIX, value(PREFIX)),
        reporter=_checked_name(REPORTER, value(REPORTER)),
        host=value(HOST),
        port=_checked_port(value(PORT)),
        protocol=value(PROTOCOL),
    )


def _checked_name(variable: Variable, value: str) -> str:
    """Let through what is safe in SQL without quotes: the name becomes part of statements."""
    if value and not _NAME.fullmatch(value):
        raise CarepathError(
            f"{variable.name} may hold only letters, digits and _, and may not begin with a digit.",
            where="the environment",
            fix=f"set it to {variable.meaning}",
        )
    return value


def _checked_port(value: str) -> int:
    if not value.isdecimal():
        raise CarepathError(
            f"{PORT.name} is not a number.", where="the environment", fix="set it to a number"
        )
    return int(value)
