"""A till comes to its token: shows the code that head office read out, and keeps what it gets.

The code is one person's word to another; what comes back stays on this till, for its owner alone.
"""

from __future__ import annotations

import hashlib
import json
import ssl
from typing import TYPE_CHECKING, Any, Final

from pos_plugin import keys
from pos_plugin.config import read_config
from pos_plugin.errors import ConfigError
from pos_plugin.storage.connect import replace_file
from sync_agent.client import HeadOfficeClient
from sync_agent.errors import HeadOfficeRefused, Unreachable
from sync_agent.protocol.json_bytes import ProtocolError, check_model
from sync_agent.protocol.messages import EnrolRequest

if TYPE_CHECKING:
    from pathlib import Path

    from sync_agent.protocol.messages import EnrolAnswer

_SAME: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


def enrol_till(
    config_path: Path, *, url: str, till: str, code: str, ca: str | None, authority: str | None
) -> EnrolAnswer:
    """Show the code, write ``keys.json``, and ``till.toml`` when there is none.

    Args:
        config_path: the till's settings; they may not be there yet.
        url: address of head office.
        till: number of the till.
        code: as it was read out; blanks, hyphens and small letters do not matter.
        ca: certificate of the authority (PEM); None = those of the system.
        authority: SHA-256 of that certificate as head office said it; checked first.

    Raises:
        ConfigError: the settings are of another till, or ``ca`` is not the authority.
        Unreachable, HeadOfficeRefused: nothing was changed.
    """
    if authority is not None:
        _check_authority(ca, authority)
    data_dir = config_path.parent.absolute()
    if config_path.exists():
        known = read_config(config_path)
        data_dir = known.data_dir
        if known.till != till:
            place = f"{config_path.name}.till"
            raise ConfigError("out_of_range", place, f"is {known.till}, the code is for {till}")
    try:
        asked = check_model(EnrolRequest, {"till": till, "code": code.upper().translate(_SAME)})
    except ProtocolError as fault:
        raise ConfigError("out_of_range", "--code", str(fault)) from None
    with HeadOfficeClient(url, "-", ca=ca) as client:
        answer = _answered(client, asked)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = json.dumps(_keys(answer, url, ca), indent=2).encode()
    replace_file(data_dir / keys.NAME, content, mode=0o600)
    if not config_path.exists():
        replace_file(config_path, _settings(answer, url).encode(), mode=0o600)
    return answer


def _answered(client: HeadOfficeClient, asked: EnrolRequest) -> EnrolAnswer:
    """Return the answer of head office; whoever sets a till up needs another hint than an agent."""
    try:
        return client.enrol(asked)
    except Unreachable as fault:
        fault.hint = (
            "Look at address and network; a head office with a certificate of its own needs --ca."
        )
        raise
    except HeadOfficeRefused as fault:
        if fault.problem == "enrol-refused":
            fault.hint = (
                "A code is good for 15 minutes, once, for one till number: "
                "stammkunde head-office enrol prints a new one."
            )
        raise


def _keys(answer: EnrolAnswer, url: str, ca: str | None) -> dict[str, Any]:
    value = {
        "till_token": answer.token,
        "card_key": answer.card_key,
        "rule_keys": [key.model_dump() for key in answer.rule_keys],
        "retired_keys": [key.model_dump() for key in answer.retired_keys],
        "head_office": url,
    }
    return value if ca is None else {**value, "ca": ca}


def _settings(answer: EnrolAnswer, url: str) -> str:
    # JSON strings are TOML strings.
    return (
        f"shop = {json.dumps(answer.shop)}\ntill = {json.dumps(answer.till)}\n\n"
        f"[head_office]\nurl = {json.dumps(url)}\n"
    )


def _check_authority(ca: str | None, authority: str) -> None:
    if ca is None:
        raise ConfigError("missing", "--ca", "the certificate that --authority is the hash of")
    try:
        found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(ca)).hexdigest()
    except ValueError:
        raise ConfigError("wrong_type", "--ca", "is no certificate (PEM)") from None
    if found != authority.replace(":", "").replace(" ", "").lower():
        raise ConfigError("out_of_range", "--ca", "is not the authority that head office named")
