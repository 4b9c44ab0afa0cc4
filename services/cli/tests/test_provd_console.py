"""provd's console: its objects, and the expressions in which documentation and scripts use them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ovix_cli.home import CliError
from ovix_cli.provd.client import Options
from ovix_cli.provd.console import Console, opened
from ovix_cli.provd.dotted import expanded, without
from ovix_cli.provd.expressions import NotUnderstood, run
from ovix_cli.provd.macs import norm_mac
from ovix_cli.provd.prompt import completions, converse
from ovix_cli.provd.status import Status, parsed

from .fake_provd import FakeProvd

YEALINK = "xivo-yealink-v86"


@pytest.fixture
def provd() -> FakeProvd:
    made = FakeProvd(
        installed={YEALINK: {"version": "1.9", "description": "Yealink phones"}},
        installable={
            YEALINK: {"version": "1.10", "description": "Yealink phones"},
            "xivo-snom": {"version": "2.0", "description": "Snom phones"},
        },
    )
    for number in (1, 2, 3):
        made.devices[f"d{number}"] = {
            "id": f"d{number}",
            "mac": f"00:15:65:00:00:0{number}",
            "plugin": YEALINK if number < 3 else "xivo-aastra",
            "vendor": "Yealink",
            "model": f"T{number}",
            "configured": number != 3,
            "config": "c1",
        }
    made.configs["c1"] = {"id": "c1", "parent_ids": [], "raw_config": {"locale": "fr_FR"}}
    made.configs["old"] = {"id": "old", "parent_ids": [], "raw_config": {}, "transient": True}
    return made


@pytest.fixture
def console(provd: FakeProvd) -> Iterator[Console]:
    options = Options(oip_update_interval=0.001)
    with opened(token="t", options=options, transport=provd.transport) as made:
        yield made


def evaluated(console: Console, text: str) -> Any:
    return run(text, console.names)


# ---- the literal form ----


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (f'devices.using_plugin("{YEALINK}").reconfigure()', "reconfigure"),
        (f"devices.using_plugin('{YEALINK}').synchronize()", "synchronize"),
    ],
)
def test_commands_of_the_training_deck_tell_all_devices_of_a_plugin(
    console: Console, provd: FakeProvd, text: str, asked: str
) -> None:
    assert evaluated(console, text) == 2
    assert provd.asked[0] == f"POST /dev_mgr/selections {asked}"
    assert provd.asked[1].startswith("DELETE /dev_mgr/selections/"), "forgotten at the end"
    assert provd.tokens == {"t"}


def test_the_training_decks_reload(console: Console, provd: FakeProvd) -> None:
    assert evaluated(console, f'plugins.reload("{YEALINK}")') is None
    assert provd.asked == [f"POST /pg_mgr/reload {YEALINK}"]
    with pytest.raises(CliError, match="not installed"):
        evaluated(console, 'plugins.reload("xivo-none")')


def test_a_provd_without_selections_is_told_one_by_one(console: Console, provd: FakeProvd) -> None:
    provd.has_selections = False
    assert evaluated(console, f'devices.using_plugin("{YEALINK}").reconfigure()') == 2
    assert provd.asked[1:] == ["POST /dev_mgr/reconfigure d1", "POST /dev_mgr/reconfigure d2"]
    provd.broken = {"d1"}
    for action in ("reconfigure", "synchronize"):
        with pytest.raises(CliError, match="1 of 2 devices failed\n  d1: "):
            evaluated(console, f'devices.using_plugin("{YEALINK}").{action}()')


def test_devices_that_fail_are_named(console: Console, provd: FakeProvd) -> None:
    provd.broken = {"d2"}
    with pytest.raises(CliError, match=r"1 of 2 devices failed\n  d2: no$"):
        evaluated(console, f'devices.using_plugin("{YEALINK}").reconfigure()')
    with pytest.raises(CliError, match=r"1 of 1 devices failed\n  nobody: no$"):
        console.devices.chosen(["nobody"]).reconfigure()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('devices.using_mac("00-15-65-0-0-1").count()', 1),
        ('devices.using_vendor("Yealink").count()', 3),
        ('devices.using_model("T2").find()[0]["id"]', "d2"),
        ("devices.not_configured().count()", 1),
        ('devices["d1"].get()["model"]', "T1"),
        ('devices.count({"plugin": "xivo-aastra"})', 1),
        ('devices.find({"model": "T1"}, fields=["id"], limit=1)[0]["id"]', "d1"),
        ('devices.add({"mac": "00:15:65:00:00:09"})', "made3"),
        ('configs["c1"].get_raw()', {"ip": "x", "locale": "fr_FR"}),
        ('configs.clone("c1", new_id="c2")', "c2"),
        ("plugins.count_installed()", 1),
        ('list(plugins.installable("SNOM"))', None),
        ('pprint(parameters.get("locale"))', None),
        ("helpers.missing_plugins()", ["xivo-aastra"]),
        ("helpers.unused_plugins()", []),
        ("helpers.system_info()", {"devices": 3, "configs": 2, "plugins": 1}),
        ("helpers.remove_transient_configs()", 1),
        ("helpers.mass_synchronize()", 3),
        ("options.op_async", False),
        ("", None),
    ],
)
def test_expressions_have_values(console: Console, text: str, value: Any) -> None:
    if text.startswith("list("):
        with pytest.raises(NotUnderstood):
            evaluated(console, text)
    else:
        assert evaluated(console, text) == value


def test_documents_are_changed_and_written_only_when_they_differ(
    console: Console, provd: FakeProvd
) -> None:
    evaluated(console, 'devices["d1"].set({"description": "Desk"}).unset("model").set({})')
    assert provd.devices["d1"]["description"] == "Desk"
    assert "model" not in provd.devices["d1"]
    evaluated(console, 'configs["c1"].set_config({"sip_lines.1.username": "anna"})')
    evaluated(console, 'configs["c1"].unset_config("locale").set_parents("base", "old")')
    assert provd.configs["c1"] == {
        "id": "c1",
        "parent_ids": ["base", "old"],
        "raw_config": {"sip_lines": {"1": {"username": "anna"}}},
    }
    writes = [each for each in provd.asked if each.startswith("PUT")]
    assert len(writes) == 5
    evaluated(console, 'configs["c1"].set_config({"sip_lines.1.username": "anna"})')
    assert [each for each in provd.asked if each.startswith("PUT")] == writes


def test_plugins_are_installed_with_progress(console: Console, provd: FakeProvd) -> None:
    shown: list[Status] = []
    console.provd._display = _display_into(shown)
    evaluated(console, 'plugins.install("xivo-snom")')
    assert [each.state for each in shown] == ["waiting", "progress", "success"]
    assert shown[1].parts == (Status("download", "progress", 1, 2),)
    assert provd.operations == {}, "operations are forgotten at their end"
    provd.broken = {"xivo-snom"}
    with pytest.raises(CliError, match="install xivo-snom: failed"):
        evaluated(console, 'plugins.install("xivo-snom")')
    evaluated(console, "options.op_async = True")
    evaluated(console, 'plugins.install("xivo-snom")')
    assert len(provd.operations) == 1, "who does not wait may look at it later"


def _display_into(shown: list[Status]) -> Any:
    @contextmanager
    def display(label: str) -> Iterator[Any]:
        yield shown.append

    return display


def test_an_interrupted_operation_is_forgotten_too(console: Console, provd: FakeProvd) -> None:
    class Interrupted(list[Status]):
        def append(self, status: Status) -> None:
            raise KeyboardInterrupt

    console.provd._display = _display_into(Interrupted())
    with pytest.raises(KeyboardInterrupt):
        evaluated(console, "plugins.update()")
    assert provd.operations == {}


def test_versions_are_compared_as_numbers(console: Console, provd: FakeProvd) -> None:
    assert evaluated(console, "plugins.outdated()") == {
        YEALINK: {"installed": "1.9", "installable": "1.10"}
    }
    provd.installable[YEALINK]["version"] = "1.9"
    assert evaluated(console, "plugins.outdated()") == {}


def test_searches_look_at_ids_and_descriptions(console: Console) -> None:
    assert list(evaluated(console, 'plugins.installable("SNOM PH")')) == ["xivo-snom"]
    evaluated(console, "options.search_case_sensitive = True")
    assert evaluated(console, 'plugins.installable("SNOM")') == {}
    evaluated(console, "options.search_description = False")
    assert evaluated(console, 'plugins.installable("phones")') == {}


def test_a_plugin_that_is_not_there_is_given_to_devices_only_after_a_question(
    console: Console, provd: FakeProvd
) -> None:
    console.helpers._confirm = lambda question: "xivo-snom" not in question
    text = 'helpers.mass_update_devices_plugin("xivo-aastra", "{}", synchronize=True)'
    with pytest.raises(CliError, match="not installed"):
        evaluated(console, text.format("xivo-snom"))
    assert evaluated(console, text.format(YEALINK)) == 1
    assert provd.devices["d3"]["plugin"] == YEALINK
    assert "POST /dev_mgr/selections synchronize" in provd.asked


# ---- nothing else is understood ----


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('id')",
        "devices._provd.delete('/dev_mgr/devices/d1')",
        "devices.__class__.__mro__",
        "devices.__getitem__('d1')",
        "devices.chosen(['d1'])",
        "devices.find.__globals__",
        "open('/etc/passwd').read()",
        "(lambda: 0)()",
        "[x for x in devices.find()]",
        "devices.get(devices.find())",
        "devices.get(*['d1'])",
        "devices.find(**{'selector': {}})",
        "devices.find(1, 2, 3, 4, 5, 6, 7)",
        "devices; configs",
        "import os",
        "options.__class__",
        "options.op_async = 'yes'",
        "options.nothing = True",
        "devices.op = True",
        "configs['c1'] = {}",
        "f'{devices}'",
        "parameters['locale']",
        "1 +",
        "nothing.find()",
        "'a' * 10**9",
        "(" * 5000 + ")" * 5000,
        "x" * 100_000,
    ],
)
def test_what_is_no_expression_of_the_console_is_refused_and_sends_nothing(
    console: Console, provd: FakeProvd, text: str
) -> None:
    with pytest.raises(NotUnderstood):
        evaluated(console, text)
    assert provd.asked == []


@given(st.text(st.sampled_from(list("devicsfnd.()[]{}'\"_=:,*1lambx \n")), max_size=40))
@example("devices.find()")
def test_any_text_has_a_value_or_is_refused(text: str) -> None:
    provd = FakeProvd()
    with opened(token="t", transport=provd.transport) as console, suppress(CliError):
        evaluated(console, text)


@pytest.mark.parametrize("device", ["", "../configs/c1", 1, None, {}])
def test_what_is_no_id_reaches_no_path(console: Console, provd: FakeProvd, device: Any) -> None:
    with pytest.raises(CliError, match="no id"):
        console.devices.get(device)


# ---- parts ----

LABELS = st.text(st.sampled_from("abc_ 1.-"), max_size=8)
STATUSES = st.recursive(
    st.builds(
        Status,
        LABELS,
        st.sampled_from(["waiting", "progress", "success", "fail"]),
        st.none() | st.integers(0, 10**12),
    ),
    lambda inner: st.builds(
        Status,
        LABELS,
        st.sampled_from(["progress", "fail"]),
        st.integers(0, 99),
        st.none() | st.integers(1, 99),
        st.lists(inner, max_size=3).map(tuple),
    ),
    max_leaves=8,
)


def text_of(status: Status) -> str:
    text = f"{status.label}|{status.state}" if status.label else status.state
    if status.current is not None:
        text += f";{status.current}" + (f"/{status.end}" if status.end else "")
    return text + "".join(f"({text_of(part)})" for part in status.parts)


@given(STATUSES)
def test_a_status_is_read_as_it_was_meant(status: Status) -> None:
    assert parsed(text_of(status)) == status


@pytest.mark.parametrize(
    "text", ["", "done", "progress(", "progress)", "a|b|progress", "progress;", "(progress)" * 99]
)
def test_what_is_no_status_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="status"):
        parsed(text)


def test_a_status_nested_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="status"):
        parsed("progress(" * 1000)


@pytest.mark.parametrize(
    "text", ["0:15:65:a:b:c", "00-15-65-0A-0B-0C", "0015650a0b0c", " 00:15:65:0a:0b:0c "]
)
def test_hardware_addresses_are_taken_in_any_form(text: str) -> None:
    assert norm_mac(text) == "00:15:65:0a:0b:0c"


@pytest.mark.parametrize("text", ["", "00:15:65-0a:0b:0c", "00:15:65:0a:0b", "0015650a0b0g"])
def test_what_is_no_hardware_address_is_refused(text: str) -> None:
    with pytest.raises(CliError, match="no hardware address"):
        norm_mac(text)


def test_dotted_keys_become_objects() -> None:
    given = {"raw_config.sip_lines.1.username": "anna", "id": "x"}
    document = {"raw_config": {"sip_lines": {"1": {"username": "anna"}}}, "id": "x"}
    assert expanded(given) == document
    assert without(document, ["raw_config.sip_lines.1.username", "raw_config.none.more"]) == {
        "raw_config": {"sip_lines": {"1": {}}}, "id": "x",
    }  # fmt: skip
    with pytest.raises(CliError, match="is no object"):
        expanded({"a": 1, "a.b": 2})


# ---- the prompt ----


def test_words_are_completed(console: Console) -> None:
    assert list(completions(console, "de")) == ["devices"]
    assert list(completions(console, "plugins.re")) == ["plugins.reload"]
    assert list(completions(console, "options.op_p")) == ["options.op_progress"]
    assert list(completions(console, "nothing.a")) == []
    assert "devices._provd" not in completions(console, "devices.")


def test_a_conversation_goes_on_after_an_error(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = iter(["devices.count()", "nonsense(", 'devices.get("none")', "plugins.outdated()"])

    def read(prompt: str) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    converse(console, read)
    said = capsys.readouterr()
    assert said.out.startswith("3\n")
    assert YEALINK in said.out
    assert "not understood" in said.err
    assert "404" in said.err
