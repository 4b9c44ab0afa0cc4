"""AGI's machine: request block, answers, quoting, joint reads and sets; cut anywhere; garbage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_asterisk.agi import (
    LONGEST_COMMAND,
    SEPARATOR,
    AgiAnswer,
    AgiDeadChannel,
    AgiMachine,
    AgiProtocolError,
    AgiRequest,
    AgiUnknownCommand,
    AgiUsageError,
    AgiWrongUsage,
    Limits,
    check,
    command,
    quoted,
    read_values,
    reads,
    sets,
)

REQUEST = (
    b"agi_network: yes\nagi_network_script: phone_set_feature\n"
    b"agi_request: agi://127.0.0.1/phone_set_feature\nagi_channel: PJSIP/abc-00000001\n"
    b"agi_calleridname: J\xc3\xa9r\xc3\xb4me: chef\nagi_accountcode: \n"
    b"agi_arg_1: unc\nagi_arg_2: \nagi_arg_3: two words\nagi_arg_5: beyond a hole\n\n"
)
ANSWERS = (
    b"200 result=1 (plain)\n"
    b"200 result=0\n"
    b"200 result=1 ()\n"
    b"200 result=1 (a (b) c)\n"
    b"HANGUP\n"
    b"200 result=48 endpos=8000\n"
    b"200 result= (timeout)\n"
    b"200 result=1 (two\nlines (x))\n"
    b"200 result=1 (speech) endpos=1 results=0\n"
    b"510 Invalid or unknown command\n"
    b"511 Command Not Permitted on a dead channel or intercept routine\n"
    b"520-Invalid command syntax.  Proper usage follows:\nUsage: GET VARIABLE\n"
    b"200 result=1 (is in the usage)\n520 End of proper usage.\n"
    b"200 result=-1\n"
)


def effects_of(*chunks: bytes) -> list[AgiRequest | AgiAnswer]:
    machine = AgiMachine()
    return [effect for chunk in chunks for effect in machine.receive(chunk)]


EXPECTED = effects_of(REQUEST + ANSWERS)


def test_the_request_names_handler_channel_and_arguments() -> None:
    (request,) = effects_of(REQUEST)
    assert isinstance(request, AgiRequest)
    assert request.handler == "phone_set_feature"
    assert request.channel == "PJSIP/abc-00000001"
    assert request.arguments == ("unc", "", "two words")
    assert request.variables["calleridname"] == "Jérôme: chef"


def test_every_kind_of_answer_is_read() -> None:
    answers = [effect for effect in EXPECTED if isinstance(effect, AgiAnswer)]
    assert [(answer.code, answer.result, answer.data) for answer in answers] == [
        (200, "1", "plain"),
        (200, "0", None),
        (200, "1", ""),
        (200, "1", "a (b) c"),
        (200, "48", None),
        (200, "", "timeout"),
        (200, "1", "two\nlines (x)"),
        (200, "1", "speech"),
        (510, "", None),
        (511, "", None),
        (520, "", None),
        (200, "-1", None),
    ]


@pytest.mark.parametrize("cut", range(1, len(REQUEST + ANSWERS)))
def test_a_conversation_cut_anywhere_is_the_same(cut: int) -> None:
    data = REQUEST + ANSWERS
    assert effects_of(data[:cut], data[cut:]) == EXPECTED


def test_a_conversation_read_byte_by_byte_is_the_same() -> None:
    assert effects_of(*(bytes([byte]) for byte in REQUEST + ANSWERS)) == EXPECTED


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("510 Invalid or unknown command", AgiUnknownCommand),
        ("511 Command Not Permitted on a dead channel", AgiDeadChannel),
        ("520-Invalid\n520 End of proper usage.", AgiWrongUsage),
    ],
)
def test_codes_have_their_exceptions(text: str, error: type[Exception]) -> None:
    _, answer = effects_of(REQUEST, text.encode() + b"\n")
    assert isinstance(answer, AgiAnswer)
    with pytest.raises(error):
        check("GET VARIABLE", answer)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"GET / HTTP/1.1\r\n", "not AGI"),
        (b"agi_x: " + b"y" * 1200, "line of more than"),
        (b"agi_x: y\n" * 60, "lines"),
        (b"agi_x: " + b"y" * 900 + b"\n" + b"agi_z: " + b"y" * 900 + b"\n\n", "request of more"),
        (b"agi_x: y\nno colon\n\n", "not AGI"),
    ],
)
def test_a_request_beyond_the_limits_is_refused(data: bytes, told: str) -> None:
    machine = AgiMachine(Limits(line=1000, lines=50, block=1500))
    with pytest.raises(AgiProtocolError, match=told):
        machine.receive(data)


def test_an_answer_without_end_is_refused() -> None:
    machine = AgiMachine(Limits(answer=1000))
    machine.receive(REQUEST)
    machine.receive(b"200 result=1 (" + b"x" * 900)
    with pytest.raises(AgiProtocolError, match="answer of more than"):
        machine.receive(b"x" * 200)


@given(st.lists(st.binary(max_size=80), max_size=20), st.booleans())
def test_garbage_is_read_or_refused(chunks: list[bytes], after_request: bool) -> None:
    machine = AgiMachine()
    if after_request:
        machine.receive(REQUEST)
    try:
        for chunk in chunks:
            machine.receive(chunk)
    except AgiProtocolError:
        pass


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("plain", '"plain"'),
        ('say "x" \\ y', '"say \\"x\\" \\\\ y"'),
        ("two\nlines\r\nthree", '"two lines three"'),
        ("nul\0", '"nul"'),
        ("", '""'),
    ],
)
def test_arguments_are_quoted(given: str, written: str) -> None:
    assert quoted(given) == written


def test_no_command_is_longer_than_asterisk_16_reads() -> None:
    with pytest.raises(AgiUsageError):
        command("VERBOSE", "x" * 2000)


def test_a_joint_read_is_one_command() -> None:
    ((names, line),) = reads(("A", "CALLERID(num)"))
    assert line == f'GET FULL VARIABLE "${{A}}{SEPARATOR}${{CALLERID(num)}}"'
    answer = AgiAnswer(200, "1", f"x{SEPARATOR}", "")
    assert read_values(names, answer) == ["x", ""]


def test_a_value_with_the_separator_is_noticed() -> None:
    answer = AgiAnswer(200, "1", f"x{SEPARATOR}y{SEPARATOR}z", "")
    assert read_values(["A", "B"], answer) is None


@given(st.lists(st.text("ABCDEFGH", min_size=1, max_size=60), min_size=1, max_size=120))
def test_long_reads_are_split_and_nothing_is_lost(names: list[str]) -> None:
    parts = reads(tuple(names))
    assert [name for part, _ in parts for name in part] == names
    assert all(len(line.encode()) <= LONGEST_COMMAND for _, line in parts)


values = st.text(max_size=1200).filter(lambda text: not set(text) & set("\r\n\0"))


@given(st.lists(st.tuples(st.text("ABCXYZ_", min_size=1, max_size=20), values), max_size=40))
def test_sets_stay_below_the_limit_and_keep_every_pair_in_order(
    pairs: list[tuple[str, str]],
) -> None:
    commands = []
    for chunk in ([pair] for pair in pairs):
        try:
            commands += sets(chunk)
        except AgiUsageError:  # a value of 1,200 four-byte characters
            return
    joint = sets(pairs)
    assert len(joint) <= len(commands)
    assert all(len(line.encode()) <= LONGEST_COMMAND for line in joint)
    text = "".join(joint)
    position = 0
    for name, _ in pairs:
        position = text.index(name, position)


def test_a_set_is_quoted_twice() -> None:
    assert sets([("A", 'x,"y"'), ("__B", "")]) == [
        'EXEC MSet "A=\\"x,\\\\\\"y\\\\\\"\\",__B=\\"\\""'
    ]


def test_a_long_value_is_set_alone_and_in_its_place() -> None:
    commands = sets([("A", "1"), ("B", "x" * 1100), ("C", "3")])
    assert [line.split(" ")[0] for line in commands] == ["EXEC", "SET", "EXEC"]
