"""What an entity's administrator may have Asterisk do, and what of it has to be his own."""

import pytest
from ovix_telephony import voicemail_options
from ovix_telephony.entity_commands import named_by_command
from ovix_telephony.interfaces import Named, is_platforms, named_by


def named(*contexts: str, endpoints: tuple[str, ...] = ()) -> Named:
    return Named(frozenset(contexts), frozenset(endpoints))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("Goto(lyon,s,1)", named("lyon")),
        ("goto(lyon|*98|start)", named("lyon")),
        ("Gosub(lyon,s,1(a,b 2))", named("lyon")),
        ("Dial(PJSIP/alice&Local/1000@lyon/n,30,tTm(jazz)L(60000:5000)g)",
         named("lyon", endpoints=("alice",))),
        ("Dial(PJSIP/0612@carrier)", named(endpoints=("carrier",))),
        ("Dial(PJSIP/alice,,r)", named(endpoints=("alice",))),
        ("Playback(closed&/var/lib/xivo/sounds/playback/x,noanswer)", named()),
        ("Background(closed,skip)", named()),
        ("Answer()", named()),
        ("Wait(1.5)", named()),
        ("Playtones(!425/50,0/50)", named()),
        ("MusicOnHold(jazz,30)", named()),
        ("NoOp(closed: today)", named()),
        ("VoiceMail(1000@lyon,us)", named("lyon")),
        ("VoiceMailMain(@lyon)", named("lyon")),
        ("Directory(lyon,paris)", named("lyon", "paris")),
        ("DISA(1234,lyon)", named("lyon")),
        ("Authenticate(1234)", named()),
        ("Set(CALLERID(name)=Dupont & Fils: ${CALLERID(name)})", named()),
        ("Set(CALLERID(num)=0472)", named()),
        ("Set(CHANNEL(language)=fr_FR)", named()),
        ("Set(CHANNEL(musicclass)=jazz)", named()),
        ("Set(XIVO_FORWARD_CUSTOM_EXIT=1)", named()),
    ],
)  # fmt: skip
def test_a_command_of_the_list_says_what_it_names(command: str, expected: Named) -> None:
    assert named_by_command(command) == expected


@pytest.mark.parametrize(
    "command",
    [
        "AGI(ours.py)", "ChanSpy(PJSIP/alice)", "Exec(Answer())", "ExecIf(1?Answer())",
        "MixMonitor(x.wav)", "Pickup(1000@lyon)", "Record(/etc/asterisk/x.wav)",
        "SoftHangup(PJSIP/alice-1)", "Macro(closed)",
        "Goto(s,1)", "Goto(outcall,s,1)", "Goto(xivo-emergency-fr,15,1)", "Goto(lyon,s,-1)",
        "Goto(lyon,s,1,1)", "Goto(${X},s,1)", "Goto(lyon, s,1)", 'Goto("lyon",s,1)',
        "Gosub(FORWARD,s,1)", "Gosub(lyon,s,1(${X}))", "Gosub(lyon,s,1(a)b)",
        "Dial(PJSIP/alice&DAHDI/g1/06)", "Dial(PJSIP/alice/sip:x@192.0.2.1)",
        "Dial(Local/1@outcall)", "Dial(Local/1@lyon@paris)", "Dial(PJSIP/alice,30,b(paris^s^1))",
        "Dial(PJSIP/alice,30,G(paris^s^1))", "Dial(PJSIP/alice,30,M(x))",
        "Dial(PJSIP/alice,30,U(x))",
        "Dial(PJSIP/alice;30;F(paris^s^1))", "Dial(PJSIP/alice,30,m(a)e)", "Dial(PJSIP/${X})",
        "Playback(/var/spool/asterisk/voicemail/paris/1/INBOX/msg0000)", "Playback(../../x)",
        "Playback( /etc/x)", "Playback(http://192.0.2.1/x)", "Playback(${X})", "Playback(a,say)",
        "Background(a,skip,fr,paris)",
        "SayAlpha(${DB(cid/1)})", "NoOp(${FILE(/etc/passwd)})", "NoOp($[1])",
        "VoiceMail(1000)", "VoiceMail(1000@lyon&1000@paris)", "VoiceMail(1000@lyon,d(paris))",
        "VoiceMailMain(1000@lyon,s)", "VoiceMailMain()", "VoiceMailMain(1000)",
        "Directory(lyon,paris,b)", "Directory()", "DISA(no-password,lyon)", "DISA(/etc/x)",
        "DISA(1234)", "Authenticate(/etc/x)", "Authenticate(1234,d)",
        "Set(XIVO_USERID=12)", "Set(__XIVO_USERID=12)", "Set(CALLERID(name)=${X})",
        "Set(CALLERID(all)=x)", "Set(CALLERID(num)=${X})", "Set(CHANNEL(language)=../x)",
        "Set(CHANNEL(hangup_handler_push)=paris,s,1)", "Set(CALLERID(name)=a,XIVO_USERID=1)",
        "Set(XIVO_FORWARD_CUSTOM_EXIT=2)", "Answer() ", "Answer", "Answer()\n",
    ],
)  # fmt: skip
def test_any_other_command_is_refused(command: str) -> None:
    with pytest.raises(ValueError, match=r"entity's|platform|must be|Must be"):
        named_by_command(command)


@pytest.mark.parametrize(
    ("interface", "expected"),
    [
        ("Local/1000@lyon", named("lyon")),
        ("Local/*98@lyon/n", named("lyon")),
        ("PJSIP/alice", named(endpoints=("alice",))),
        ("PJSIP/0612@carrier", named(endpoints=("carrier",))),
    ],
)
def test_an_interface_leads_to_a_number_or_an_endpoint(interface: str, expected: Named) -> None:
    assert named_by(interface) == expected


@pytest.mark.parametrize(
    "interface",
    ["dahdi/g1", "SIP/alice", "Local/1", "Local/1@outcall", "Local/1@lyon/0612@paris",
     "PJSIP/alice/0612", "PJSIP/sip:1@192.0.2.1", "Local/1@lyon&PJSIP/x", "Local/1@lyon,30"],
)  # fmt: skip
def test_an_interface_of_another_kind_is_nobodys_own(interface: str) -> None:
    with pytest.raises(ValueError, match=r"must be|platform"):
        named_by(interface)


def test_names_of_companies_are_not_the_platforms() -> None:
    assert not any(map(is_platforms, ("default", "from-extern", "to-extern", "users", "xivo")))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("emailbody", "Hello ${VM_NAME},\n${VM_DUR} from ${VM_CALLERID}"),
        ("dialout", "to-extern"),
        ("exitcontext", ""),
        ("tz", "eu|fr"),
    ],
)
def test_an_option_of_a_box_is_as_people_write_it(name: str, value: str) -> None:
    voicemail_options.check(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("emailbody", "${FILE(/etc/asterisk/manager.conf)}"),
        (" EmailSubject", "$${VM_NAME}{FILE(/etc/x)}"),
        ("fromstring", "${V${VM_NAME}M_DUR}"),
        ("emailbody", "$[1]"),
        ("emailbody", "${VM_NAME:1}"),
        ("dialout", "to-ext|ern-b"),
        ("CallBack", "to-extern-b "),
        ("exitcontext", "to-extern-b,x"),
        ("exitcontext", "to-extern-b\x01"),
    ],
)
def test_an_option_of_a_box_that_reads_files_or_hides_its_context_is_refused(
    name: str, value: str
) -> None:
    with pytest.raises(ValueError, match=r"expression|no name"):
        voicemail_options.check(name, value)
