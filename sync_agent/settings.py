"""What the agent needs to know of its till: from ``till.toml`` and ``keys.json``.

The address of head office stands in ``keys.json`` beside the token it goes with; ``[head_office]``
in ``till.toml`` says that there is one (without it the till is in local mode).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pos_plugin import keys
from pos_plugin.config import read_config
from pos_plugin.errors import ConfigError
from pos_plugin.validation import first_error
from printers.limits import PAGE_DOTS
from sync_agent.cycle import BACKOFF_MAX_S, SAFETY_POLL_S
from sync_agent.upkeep.backing_up import BackupPlan, plan_of

if TYPE_CHECKING:
    from pathlib import Path

_BYTES_MAX = 2**16


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The till this agent serves.

    Args:
        data_dir: data folder of the till.
        shop: shop of the till; names the bucket.
        till: number of the till.
        url: address of head office.
        token: the till's bearer token.
        chain: the keys of the chain.
        ca: certificate (PEM) of the one authority that is believed; None = those of the system.
        backoff_max_s: longest rest after failures, in seconds.
        safety_poll_s: longest rest while all is well, in seconds.
        backup: where copies of the journal go; None = nowhere.
        paper_dots: width of the widest paper, for which pictures are made ready.
        offline_cap_minor: what the till may spend in one offline period, in minor units (cents).
    """

    data_dir: Path
    shop: str
    till: str
    url: str
    token: str = field(repr=False)
    chain: keys.Keys = field(repr=False)
    ca: str | None = field(default=None, repr=False)
    backoff_max_s: float = BACKOFF_MAX_S
    safety_poll_s: float = SAFETY_POLL_S
    backup: BackupPlan | None = None
    paper_dots: int = PAGE_DOTS
    offline_cap_minor: int | None = None


class _AccessKeys(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    till_token: Annotated[str, Field(min_length=16, max_length=200, pattern="^[!-~]+$")]
    head_office: Annotated[str, Field(max_length=200)]
    ca: Annotated[str, Field(max_length=20_000)] | None = None


def read_settings(config_path: Path, *, backoff_max_s: float = BACKOFF_MAX_S) -> Settings:
    """Return the settings of the till whose ``till.toml`` this is.

    Raises:
        ConfigError: naming file and place.
    """
    config = read_config(config_path)
    if config.head_office is None:
        raise ConfigError(
            "missing", f"{config_path.name}.head_office", "local mode: there is nothing to sync"
        )
    chain = keys.read_keys(config.data_dir)
    if chain is None:
        raise ConfigError(
            "missing", keys.NAME, "no keys yet; `stammkunde agent enrol` fetches them"
        )
    access = _access(config.data_dir)
    return Settings(
        data_dir=config.data_dir,
        shop=config.shop,
        till=config.till,
        url=access.head_office,
        token=access.till_token,
        chain=chain,
        ca=access.ca,
        backoff_max_s=backoff_max_s,
        backup=plan_of(config, config_path),
        paper_dots=config.paper_dots,
        offline_cap_minor=config.offline.till_minor,
    )


def _access(data_dir: Path) -> _AccessKeys:
    try:
        with (data_dir / keys.NAME).open("rb") as file:
            value = json.loads(file.read(_BYTES_MAX))
    except (OSError, ValueError, RecursionError) as fault:
        raise ConfigError("not_json", keys.NAME, f"cannot be read: {fault}") from None
    try:
        return _AccessKeys.model_validate(value)
    except ValidationError as error:
        raise ConfigError(*first_error(error, value, keys.NAME)) from None
