"""AMI's machine: recorded messages whole, cut at every byte, and garbage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_asterisk.ami import (
    AmiMachine,
    AmiParser,
    AmiProtocolError,
    AmiUsageError,
    Answer,
    Answered,
    Happened,
    Message,
    action,
    variable,
)

RECORDED = (
    b"Asterisk Call Manager/5.0.5\r\n"
    b"Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n"
    b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
    b"Response: Success\r\nActionID: 2\r\nMessage: Command output follows\r\n"
    b"Output: Asterisk 16.28: up\r\nOutput: \r\nOutput:   two\r\n\r\n"
    b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/a-0001\r\n"
    b"CallerIDName: J\xc3\xa9r\xc3\xb4me: chef\r\nExten: \r\n"
    b"ChanVariable: XIVO_USERUUID=u-1\r\nChanVariable: XIVO_BASE_EXTEN=1=2\r\n"
    b"NewInSomeRelease: kept\r\n\r\n"
)
MESSAGES = [
    Message([("Response", "Success"), ("ActionID", "1"), ("Message", "Authentication accepted")]),
    Message([("Event", "FullyBooted"), ("Privilege", "system,all"), ("Status", "Fully Booted")]),
    Message(
        [
            ("Response", "Success"),
            ("ActionID", "2"),
            ("Message", "Command output follows"),
            ("Output", "Asterisk 16.28: up"),
            ("Output", ""),
            ("Output", "  two"),
        ]
    ),
    Message(
        [
            ("Event", "Newchannel"),
            ("Privilege", "call,all"),
            ("Channel", "PJSIP/a-0001"),
            ("CallerIDName", "Jérôme: chef"),
            ("Exten", ""),
            ("ChanVariable", "XIVO_USERUUID=u-1"),
            ("ChanVariable", "XIVO_BASE_EXTEN=1=2"),
            ("NewInSomeRelease", "kept"),
        ]
    ),
]
BANNER = b"Asterisk Call Manager/9.0.0\r\n"


def test_a_recorded_session_is_read() -> None:
    parser = AmiParser()
    assert parser.feed(RECORDED) == MESSAGES
    assert parser.version == "5.0.5"


@pytest.mark.parametrize("cut", range(1, len(RECORDED)))
def test_a_session_cut_anywhere_gives_the_same_messages(cut: int) -> None:
    parser = AmiParser()
    assert parser.feed(RECORDED[:cut]) + parser.feed(RECORDED[cut:]) == MESSAGES


def test_a_session_read_byte_by_byte_gives_the_same_messages() -> None:
    parser = AmiParser()
    found = [message for byte in RECORDED for message in parser.feed(bytes([byte]))]
    assert found == MESSAGES


def test_repeated_keys_unknown_keys_and_case_are_kept_and_read() -> None:
    *_, event = AmiParser().feed(RECORDED)
    assert event.event == "Newchannel"
    assert event["callerIDname"] == "Jérôme: chef"
    assert event.variables() == {"XIVO_USERUUID": "u-1", "XIVO_BASE_EXTEN": "1=2"}
    assert event.get("Nothing") == ""
    assert "Nothing" not in event
    with pytest.raises(KeyError):
        event["Nothing"]


def test_channel_variables_are_read_without_their_escapes() -> None:
    event = Message([("Event", "Hangup"), ("ChanVariable", r"A=a\"b\\c\nd")])
    assert event.variables() == {"A": 'a"b\\c\nd'}


def test_a_peer_that_is_no_manager_is_refused_at_its_first_bytes() -> None:
    with pytest.raises(AmiProtocolError, match="not an Asterisk manager"):
        AmiParser().feed(b"SSH-2.0-Open")


def test_a_line_without_end_is_refused_at_the_limit() -> None:
    parser = AmiParser(longest_line=1000)
    parser.feed(BANNER + b"Event: ")
    parser.feed(b"x" * 900)
    with pytest.raises(AmiProtocolError, match="line of more than"):
        parser.feed(b"x" * 100)


def test_a_message_without_end_is_refused_at_the_limit() -> None:
    parser = AmiParser(longest_message=10_000)
    parser.feed(BANNER)
    parser.feed(b"Output: x\r\n" * 1000)
    with pytest.raises(AmiProtocolError, match="message of more than"):
        parser.feed(b"Output: x\r\n" * 200)


@given(st.lists(st.binary(max_size=200)))
def test_garbage_is_read_or_refused_and_never_breaks_the_parser(chunks: list[bytes]) -> None:
    parser = AmiParser(longest_line=300)
    parser.feed(BANNER)
    try:
        for chunk in chunks:
            for message in parser.feed(chunk):
                assert message.fields
    except AmiProtocolError:
        pass


keys = st.text("abcdefghijklmnopqrstuvwxyzABC-", min_size=1, max_size=20)
values = st.text(max_size=60).filter(lambda text: not set(text) & set("\r\n\0"))


@given(st.lists(st.tuples(keys, values), max_size=20), st.integers(1, 40))
def test_what_is_written_is_read_back(headers: list[tuple[str, str]], step: int) -> None:
    grouped = {key: [value for name, value in headers if name == key] for key, _ in headers}
    data = BANNER + action("Test", "7", grouped)
    parser = AmiParser()
    (message,) = [
        message
        for start in range(0, len(data), step)
        for message in parser.feed(data[start : start + step])
    ]
    expected = [(key, value) for key, found in grouped.items() for value in found]
    assert list(message.fields) == [("Action", "Test"), ("ActionID", "7"), *expected]


def test_header_values_take_their_text_form() -> None:
    written = action("Originate", "1", {"Async": True, "Timeout": 30000, "Data": None, "A": "b"})
    assert written == (
        b"Action: Originate\r\nActionID: 1\r\nAsync: true\r\nTimeout: 30000\r\nA: b\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Channel", "PJSIP/a\r\nApplication: System"),
        ("Channel", "a\nb"),
        ("Channel", "a\0b"),
        ("Chan\r\nnel", "a"),
        ("", "a"),
        ("A:b", "a"),
        ("Data", "x" * 1020),
    ],
)
def test_what_would_break_the_message_or_smuggle_headers_in_is_refused(
    key: str, value: str
) -> None:
    with pytest.raises(AmiUsageError):
        action("Originate", "1", {key: value})


def test_more_headers_than_asterisk_reads_are_refused() -> None:
    with pytest.raises(AmiUsageError, match="headers"):
        action("Originate", "1", {"Variable": [f"V{number}=1" for number in range(200)]})


def test_variables_are_quoted_for_originate() -> None:
    assert variable("A", 'a,"b" \\c') == 'A="a,\\"b\\" \\\\c"'


def machine() -> AmiMachine:
    made = AmiMachine(prefix="t-")
    made.receive(BANNER)
    return made


def test_responses_find_their_action_in_any_order() -> None:
    ami = machine()
    first, _ = ami.send("Ping", {})
    second, _ = ami.send("Ping", {})
    effects = ami.receive(
        f"Response: Success\r\nActionID: {second}\r\n\r\n"
        f"Response: Error\r\nActionID: {first}\r\nMessage: No\r\n\r\n".encode()
    )
    assert [effect.action_id for effect in effects if isinstance(effect, Answered)] == [
        second,
        first,
    ]
    assert [effect.answer.succeeded for effect in effects if isinstance(effect, Answered)] == [
        True,
        False,
    ]


def test_a_list_is_one_answer_even_with_events_in_between() -> None:
    ami = machine()
    action_id, _ = ami.send("CoreShowChannels", {})
    effects = ami.receive(
        (
            f"Response: Success\r\nActionID: {action_id}\r\nEventList: start\r\n\r\n"
            f"Event: CoreShowChannel\r\nActionID: {action_id}\r\nChannel: a\r\n\r\n"
            "Event: Newchannel\r\nChannel: c\r\n\r\n"
            f"Event: CoreShowChannel\r\nActionID: {action_id}\r\nChannel: b\r\n\r\n"
            f"Event: CoreShowChannelsComplete\r\nActionID: {action_id}\r\n"
            "EventList: Complete\r\nListItems: 2\r\n\r\n"
        ).encode()
    )
    event, answered = effects
    assert isinstance(event, Happened)
    assert event.message["Channel"] == "c"
    assert isinstance(answered, Answered)
    assert [member["Channel"] for member in answered.answer.members] == ["a", "b"]


def test_a_late_event_with_an_action_id_is_an_event() -> None:
    ami = machine()
    action_id, _ = ami.send("Originate", {"Async": True})
    effects = ami.receive(
        f"Response: Success\r\nActionID: {action_id}\r\n\r\n"
        f"Event: OriginateResponse\r\nActionID: {action_id}\r\nReason: 4\r\n\r\n".encode()
    )
    assert [type(effect) for effect in effects] == [Answered, Happened]


def test_the_answer_of_a_forgotten_action_is_dropped() -> None:
    ami = machine()
    action_id, _ = ami.send("Ping", {})
    ami.forget(action_id)
    assert ami.receive(f"Response: Success\r\nActionID: {action_id}\r\n\r\n".encode()) == []


def test_a_cancelled_list_did_not_succeed() -> None:
    cancelled = Message([("Event", "X"), ("EventList", "cancelled")])
    assert not Answer(Message([("Response", "Success")]), (cancelled,)).succeeded
