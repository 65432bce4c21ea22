from __future__ import annotations

import json
from pathlib import Path

import pytest

from pos_plugin.config import DEFAULT_PREFIXES, read_config
from pos_plugin.errors import ConfigError, InputError
from pos_plugin.keys import read_keys

LEAST = 'shop = "001"\ntill = "3"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "till.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as error:
        read_config(write(folder, text))
    return error.value


def test_least_settings_have_their_defaults(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, LEAST))
    assert (config.shop, config.till, config.language, config.currency) == ("001", "3", "de", "EUR")
    assert config.data_dir == tmp_path
    assert config.head_office is None
    assert config.printer == ()
    assert config.prefix == DEFAULT_PREFIXES


def test_data_folder_is_beside_the_file_or_where_it_says(tmp_path: Path) -> None:
    beside = read_config(write(tmp_path, LEAST + 'data_dir = "data"\n'))
    assert beside.data_dir == tmp_path / "data"
    elsewhere = read_config(write(tmp_path, LEAST + 'data_dir = "/var/lib/till"\n'))
    assert elsewhere.data_dir == Path("/var/lib/till")


def test_printer_and_head_office_are_read(tmp_path: Path) -> None:
    text = (
        LEAST
        + '[head_office]\nurl = "http://127.0.0.1:8000"\n'
        + '[[printer]]\nname = "bon"\ntransport = "simulator"\ndirectory = "paper"\n'
    )
    config = read_config(write(tmp_path, text))
    assert config.head_office is not None
    assert config.head_office.url == "http://127.0.0.1:8000"
    assert [printer.directory for printer in config.printer] == ["paper"]


def test_printer_of_the_host_has_its_own_keys(tmp_path: Path) -> None:
    text = LEAST + '[[printer]]\nname = "bon"\ntransport = "host"\n'
    (printer,) = read_config(write(tmp_path, text)).printer
    assert (printer.format, printer.dots, printer.report_within_s) == ("png", 576, 60)
    text += 'format = "escpos"\ndots = 384\nreport_within_s = 0\n'
    (printer,) = read_config(write(tmp_path, text)).printer
    assert (printer.format, printer.dots, printer.report_within_s) == ("escpos", 384, 0)


@pytest.mark.parametrize(
    ("transport", "key", "message"),
    [
        ("host", 'directory = "prints"', "host has no directory"),
        ("host", "report_within_s = -1", "greater than or equal to 0"),
        ("host", "report_within_s = 3601", "less than or equal to 3600"),
        ("host", "dots = 500", "384, 512 or 576"),
        ("host", 'format = "pdf"', "'png', 'text' or 'escpos'"),
        ("simulator", 'format = "png"', "simulator has no format"),
        ("simulator", "report_within_s = 5", "simulator has no report_within_s"),
        ("network", 'address = "a"\nbaud = 9600', "network has no baud"),
        ("host", "flow = 'dsr'", "host has no flow"),
    ],
)
def test_key_that_would_do_nothing_is_refused(
    tmp_path: Path, transport: str, key: str, message: str
) -> None:
    text = f'{LEAST}[[printer]]\nname = "bon"\ntransport = "{transport}"\n{key}\n'
    error = refused(tmp_path, text)
    assert message in error.message
    assert error.where.startswith("till.toml.printer[0]")


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        (LEAST + 'shopp = "1"\n', "unknown_field", "till.toml.shopp"),
        (LEAST + '[head_office]\nurl = "http://x"\ntoken = "1"\n', "unknown_field", "token"),
        ('shop = "001"\n', "missing", "till.toml.till"),
        ('shop = 1\ntill = "3"\n', "wrong_type", "till.toml.shop"),
        (LEAST + 'data_dir = "\\u0000"\n', "out_of_range", "till.toml.data_dir"),
        (LEAST + 'language = "fr"\n', "unknown_word", "till.toml.language"),
        (LEAST + 'currency = "Euro"\n', "out_of_range", "till.toml.currency"),
        (LEAST + '[[prefix]]\nkind = "elephant"\n', "unknown_word", "till.toml.prefix[0].kind"),
        (LEAST + '[[printer]]\nname = "a"\ntransport = "fax"\n', "unknown_word", "transport"),
    ],
)
def test_wrong_setting_is_named(tmp_path: Path, text: str, code: str, where: str) -> None:
    error = refused(tmp_path, text)
    assert error.code == code
    assert error.where.endswith(where)


def test_unknown_setting_is_called_by_its_name(tmp_path: Path) -> None:
    assert "unknown field 'shopp'" in refused(tmp_path, LEAST + 'shopp = "1"\n').message


PRINTERS = """
[[printer]]
name = "bon"
transport = "serial"
port = "/dev/ttyUSB0"
baud = 19200
flow = "rtscts"
dots = 512
profile = "tm-t88v"
encoder = "native"
level_max = 1
budget_s = 12
hold_after_s = 0
fallback = "a4"

[[printer]]
name = "a4"
role = "slip"
transport = "queue"
address = "Office"

[[printer]]
name = "kitchen"
transport = "network"
address = "192.168.0.50:9100"
"""


def test_printers_have_their_roles_and_fall_back_on_each_other(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, LEAST + PRINTERS))
    bon, a4, _kitchen = config.printer
    assert (bon.port, bon.baud, bon.flow, bon.dots) == ("/dev/ttyUSB0", 19200, "rtscts", 512)
    assert (bon.profile, bon.encoder, bon.budget_s, bon.hold_after_s) == (
        "tm-t88v",
        "native",
        12,
        0,
    )
    assert (bon.level_max, _kitchen.level_max) == (1, 3)
    assert (a4.encoder, a4.budget_s, a4.hold_after_s, a4.flow) == ("auto", 20, 900, "dsr")
    assert config.printer_for("slip") == a4
    assert config.printer_for("voucher") == bon, "the first without a role"
    assert config.printer_called(bon.fallback) == a4
    assert config.printer_called("sold") is None


def test_one_printer_of_any_role_prints_everything(tmp_path: Path) -> None:
    text = LEAST + '[[printer]]\nname = "a4"\nrole = "slip"\ntransport = "host"\n'
    config = read_config(write(tmp_path, text))
    assert config.printer_for("voucher") == config.printer[0]
    assert read_config(write(tmp_path, LEAST)).printer_for("voucher") is None


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        ('fallback = "a4"', 'fallback = "b4"', "out_of_range", "falls back on b4"),
        ('fallback = "a4"', 'fallback = "bon"', "out_of_range", "no fallback of its own"),
        ('name = "a4"', 'name = "bon"', "out_of_range", "same name or nearly: bon, bon"),
        ('port = "/dev/ttyUSB0"\n', "", "missing", "serial needs port"),
        ('address = "Office"\n', "", "missing", "queue needs address"),
        ("baud = 19200", "baud = 300", "unknown_word", "9600, 19200"),
        ('name = "a4"', 'name = "BON"', "out_of_range", "same name or nearly: bon, BON"),
        ('name = "a4"', 'name = "a\\n4"', "out_of_range", "match pattern"),
        ('"/dev/ttyUSB0"', '"spy:///dev/tty?file=x"', "out_of_range", "rfc2217://10.0.0.7:4001"),
    ],
)
def test_printer_that_cannot_be_found_is_refused(
    tmp_path: Path, old: str, new: str, code: str, message: str
) -> None:
    error = refused(tmp_path, LEAST + PRINTERS.replace(old, new, 1))
    assert (error.code, message in error.message) == (code, True), error.message


def test_shop_says_what_waits_for_its_cashier(tmp_path: Path) -> None:
    assert read_config(write(tmp_path, LEAST)).printing.after_ack == ()
    text = LEAST + '[printing]\nafter_ack = ["voucher", "coupon"]\n'
    assert read_config(write(tmp_path, text)).printing.after_ack == ("voucher", "coupon")
    error = refused(tmp_path, LEAST + '[printing]\nafter_ack = ["receipt"]\n')
    assert error.where == "till.toml.printing.after_ack[0]"


def test_torn_file_names_the_place(tmp_path: Path) -> None:
    error = refused(tmp_path, 'shop = "001"\ntill = "3\n')
    assert error.code == "not_toml"
    assert "line 2" in error.message
    assert "end of document" in refused(tmp_path, 'shop = "001"\ntill = "3').message
    assert isinstance(error, InputError)
    assert error.to_dict()["where"] == "till.toml"


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"till\.toml: cannot be read.+stammkunde init"):
        read_config(tmp_path / "till.toml")
    write(tmp_path, "").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_config(tmp_path / "till.toml")


def test_keys_are_missing_or_whole(tmp_path: Path) -> None:
    assert read_keys(tmp_path) is None
    keys = tmp_path / "keys.json"
    for torn in ("", "{}", "[1]", '{"card_key": "00", "rule_keys": []}', '{"card_key": "zz"}'):
        keys.write_text(torn)
        with pytest.raises(ConfigError, match=r"keys\.json"):
            read_keys(tmp_path)


def test_keys_never_show_in_a_text(tmp_path: Path) -> None:
    card_key, public_key = "ab" * 16, "cd" * 32
    (tmp_path / "keys.json").write_text(
        json.dumps(
            {
                "card_key": card_key,
                "rule_keys": [{"key_id": "a", "public_key": public_key}],
            }
        )
    )
    keys = read_keys(tmp_path)
    assert keys is not None
    assert keys.card_key == bytes.fromhex(card_key)
    assert keys.rule_keys == {"a": bytes.fromhex(public_key)}
    assert "\\xab" not in repr(keys)
