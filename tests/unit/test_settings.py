"""Where settings come from, and what is refused."""

from pathlib import Path

import pytest

from hanze.settings import (
    FileUnreadable,
    InvalidSetting,
    Source,
    UnknownSetting,
    describe,
    load_settings,
)


def _write(directory: Path, text: str) -> Path:
    (directory / "hanze.toml").write_text(text)
    return directory


def test_load_should_give_defaults_when_nothing_is_said(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "absent", flags={}, environ={})
    assert settings.server.port == 1026
    assert not settings.server.dev
    assert settings.origins == {}


def test_load_should_prefer_flag_then_environment_then_file(tmp_path: Path) -> None:
    data = _write(tmp_path, "[server]\nport = 1\nhost = '::1'\nkeep_alive_s = 5\n")
    environ = {"HANZE_SERVER__PORT": "2", "HANZE_SERVER__HOST": "127.0.0.2", "HANZE_DATA": "x"}
    settings = load_settings(data, flags={"server.port": 3, "server.host": None}, environ=environ)
    assert (settings.server.port, settings.server.host) == (3, "127.0.0.2")
    assert settings.server.keep_alive_s == 5
    assert settings.origins == {
        "server.port": "flag",
        "server.host": "HANZE_SERVER__HOST",
        "server.keep_alive_s": str(data / "hanze.toml"),
    }


@pytest.mark.parametrize(
    ("text", "environ", "named", "offered"),
    [
        ("[server]\nprot = 1\n", {}, "server.prot", "settings of this section are host, port"),
        ("[sever]\nport = 1\n", {}, "sever.port", "sections are server, store"),
        ("port = 1\n", {}, "port", "sections are server, store"),
        ("", {"HANZE_SERVER__PROT": "1"}, "server.prot", "settings of this section are host, port"),
        ("", {"HANZE_PORT__": "1"}, "port.", "sections are server, store"),
    ],
)
def test_load_should_refuse_unknown_keys(
    tmp_path: Path, text: str, environ: dict[str, str], named: str, offered: str
) -> None:
    with pytest.raises(UnknownSetting) as caught:
        load_settings(_write(tmp_path, text), flags={}, environ=environ)
    assert caught.value.field == named
    assert offered in str(caught.value)


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ("[server]\nport = 70000\n", {}),
        ("[server]\nport = '1026'\n", {}),
        ("[server]\nport = true\n", {}),
        ("", {"HANZE_SERVER__PORT": "many"}),
        ("", {"HANZE_SERVER__DEV": "perhaps"}),
        ("", {"HANZE_SERVER__BASE_URL": "ftp://example.org"}),
        ("", {"HANZE_LOG__LEVEL": "loud"}),
    ],
)
def test_load_should_refuse_values_that_cannot_be(
    tmp_path: Path, text: str, environ: dict[str, str]
) -> None:
    with pytest.raises(InvalidSetting):
        load_settings(_write(tmp_path, text), flags={}, environ=environ)


def test_load_should_refuse_a_file_that_is_no_toml(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"hanze\.toml"):
        load_settings(_write(tmp_path, "[server\n"), flags={}, environ={})


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("0", False)])
def test_load_should_read_truth_values_from_the_environment(text: str, value: bool) -> None:
    settings = load_settings(None, flags={}, environ={"HANZE_SERVER__DEV": text})
    assert settings.server.dev is value


def test_describe_should_name_origin_and_default_of_every_setting() -> None:
    settings = load_settings(None, flags={}, environ={"HANZE_STORE__CACHE_MB": "7"})
    listed = {setting.name: setting for setting in describe(settings)}
    cache = listed["store.cache_mb"]
    assert (cache.value, cache.default, cache.origin) == (7, 256, "HANZE_STORE__CACHE_MB")
    assert cache.variable == "HANZE_STORE__CACHE_MB"
    assert all(setting.description.endswith(".") for setting in listed.values())


def test_options_of_a_source_should_stand_beside_its_name(tmp_path: Path) -> None:
    _write(
        tmp_path,
        '[[source]]\nname = "air"\nconnector = "json"\nurl = "mqtt://x"\nevery_s = 5\n',
    )
    (source,) = load_settings(tmp_path, flags={}, environ={}).source
    assert source == Source("air", "json", options={"url": "mqtt://x", "every_s": 5})


def test_two_sources_should_not_have_one_name(tmp_path: Path) -> None:
    _write(tmp_path, '[[source]]\nname = "air"\nconnector = "json"\n' * 2)
    with pytest.raises(InvalidSetting, match="air"):
        load_settings(tmp_path, flags={}, environ={})
