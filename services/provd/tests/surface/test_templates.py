"""Templates of phones' files, an operator's before the package's (acceptance D)."""

import os
import stat
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, TemplateSyntaxError
from ovix_provd.surface.plugins import TemplatePluginHelper

T46S = {"model": "T46S", "mac": "00:15:65:aa:bb:cc"}
T48S = {"model": "T48S", "mac": "00:15:65:aa:bb:dd"}
FILE = "001565aabbcc.cfg"


class Package:
    """A plugin's directory, as its package brings it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name in ("templates/common", "var/templates", "var/tftpboot"):
            directory.joinpath(name).mkdir(parents=True)
        self.has("base.tpl", "base {{ n }}")
        self.helper = TemplatePluginHelper(str(directory))

    def has(self, name: str, text: str) -> None:
        self.directory.joinpath("templates", name).write_text(text, "UTF-8")

    def operator_has(self, name: str, text: str) -> Path:
        path = self.directory.joinpath("var/templates", name)
        path.write_text(text, "UTF-8")
        return path

    def gives(self, filename: str | None, device: dict[str, str]) -> str:
        return self.helper.get_dev_template(filename, device).render(n=1)

    def target(self, name: str = FILE) -> Path:
        return self.directory / "var/tftpboot" / name


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return Package(tmp_path / "xivo-yealink-v86")


def test_d1_an_operators_base_is_for_models_without_a_template_of_their_own(
    package: Package,
) -> None:
    package.has("T48S.tpl", "shipped T48S")
    assert package.gives(FILE, T46S) == "base 1"
    package.operator_has("base.tpl", "custom base")
    assert package.gives(FILE, T46S) == "custom base"
    assert package.gives(FILE, T48S) == "shipped T48S"


def test_d2_an_operators_template_of_a_model_wins_over_any_base(package: Package) -> None:
    package.operator_has("base.tpl", "custom base")
    package.operator_has("T46S.tpl", "custom T46S")
    assert package.gives(FILE, T46S) == "custom T46S"
    assert package.gives(FILE, T48S) == "custom base"


def test_d3_a_template_of_a_file_wins_over_those_of_model_and_base(package: Package) -> None:
    package.operator_has("T46S.tpl", "custom T46S")
    package.operator_has(f"{FILE}.tpl", "custom file")
    assert package.gives(FILE, T46S) == "custom file"
    assert package.gives("001565aabbdd.cfg", T46S) == "custom T46S"


def test_d4_a_template_that_is_removed_is_no_longer_used(package: Package) -> None:
    custom = package.operator_has("base.tpl", "custom base")
    assert package.gives(FILE, T46S) == "custom base"
    custom.unlink()
    assert package.gives(FILE, T46S) == "base 1"


def test_what_a_template_extends_or_includes_is_read_again_too(package: Package) -> None:
    package.has("T46S.tpl", "{% extends 'base.tpl' %}")
    package.has("common/part.tpl", "part")
    package.has("base.tpl", "{% include 'common/part.tpl' %}")
    assert package.gives(FILE, T46S) == "part"
    package.directory.joinpath("var/templates/common").mkdir()
    package.operator_has("common/part.tpl", "custom part")
    assert package.gives(FILE, T46S) == "custom part"


def test_an_edited_template_is_read_again_also_when_its_time_goes_back(package: Package) -> None:
    assert package.gives(FILE, T46S) == "base 1"
    package.has("base.tpl", "edit {{ n }}")
    os.utime(package.directory / "templates/base.tpl", (1, 1))
    assert package.gives(FILE, T46S) == "edit 1"


def test_d5_a_syntax_error_names_file_and_line(package: Package) -> None:
    package.operator_has("base.tpl", "fine\n{% if %}")
    with pytest.raises(TemplateSyntaxError) as caught:
        package.gives(FILE, T46S)
    assert caught.value.lineno == 2
    assert str(package.directory / "var/templates/base.tpl") in str(caught.value)
    assert "line 2" in str(caught.value)


def test_d8_dictionaries_have_the_methods_of_python_2(package: Package) -> None:
    package.has(
        "old.tpl",
        "{% for no, line in lines.iteritems()|sort %}{{ no }}={{ line.n }} {% endfor %}"
        "{{ lines.iterkeys()|sort|join }} {{ lines.itervalues()|sort(attribute='n')|first }}"
        " {{ lines.has_key('1') }}",
    )
    lines = {"2": {"n": "b"}, "1": {"n": "a"}}
    text = package.helper.get_template("old.tpl").render(lines=lines)
    assert text == "1=a 2=b 12 {'n': 'a'} True"


def test_d9_texts_are_written_as_utf_8_and_escaped_where_the_template_does(
    package: Package,
) -> None:
    package.has("base.tpl", "<a>{{ name|e }}</a><b>{{ name }}</b>")
    template = package.helper.get_dev_template(FILE, T46S)
    package.helper.dump(template, {"name": 'Zoé <&">'}, package.target())
    assert package.target().read_text("UTF-8") == ('<a>Zoé &lt;&amp;&#34;&gt;</a><b>Zoé <&"></b>')


def test_d9_what_an_encoding_has_not_leaves_the_file_as_it_was(package: Package) -> None:
    template = package.helper.get_dev_template(FILE, T46S)
    package.helper.dump(template, {"n": "é"}, str(package.target()), "ISO-8859-1")
    assert package.target().read_bytes() == b"base \xe9"
    with pytest.raises(UnicodeEncodeError):
        package.helper.dump(template, {"n": "Ж"}, str(package.target()), "ISO-8859-1")
    assert package.target().read_bytes() == b"base \xe9"
    assert [each.name for each in package.target().parent.iterdir()] == [FILE]


def test_files_of_phones_are_not_for_everybody_on_the_machine(package: Package) -> None:
    template = package.helper.get_dev_template(FILE, T46S)
    package.helper.dump(template, {}, package.target("below/a.cfg"))
    assert stat.S_IMODE(package.target("below/a.cfg").stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["../../evil.cfg", "/tmp/evil.cfg", "../../../evil"])
def test_nothing_is_written_outside_the_plugin(package: Package, name: str) -> None:
    inside = package.directory / "var/tftpboot"
    template = package.helper.get_dev_template(FILE, T46S)
    if name == "../../evil.cfg":
        package.directory.joinpath("var").rename(package.directory / "real")
        package.directory.joinpath("var").symlink_to("/tmp")
    with pytest.raises(ValueError, match="not a file of this plugin"):
        package.helper.dump(template, {}, os.path.join(inside, name))  # noqa: PTH118


def test_rendering_gives_bytes(package: Package) -> None:
    template = package.helper.get_template("base.tpl")
    assert package.helper.render(template, {"n": "é"}) == "base é".encode()
    assert package.helper.render(template, {"n": "é"}, "ascii") == b"base ?"


@pytest.mark.parametrize("name", ["../plugin-info", "a/../../plugin-info", "missing.tpl"])
def test_names_that_lead_outside_are_not_found(package: Package, name: str) -> None:
    package.directory.joinpath("plugin-info").write_text("{}")
    with pytest.raises(TemplateNotFound):
        package.helper.get_template(name)


@pytest.mark.parametrize("model", ["../../x", "a\0b", "x" * 5000, "/etc/passwd", "N510 IP PRO", ""])
def test_any_model_that_a_phone_tells_has_at_least_the_base(package: Package, model: str) -> None:
    assert package.gives(None, {"model": model}) == "base 1"


def test_without_a_base_there_is_no_template(package: Package) -> None:
    package.directory.joinpath("templates/base.tpl").unlink()
    with pytest.raises(TemplateNotFound):
        package.helper.get_dev_template(FILE, {})


def test_what_is_undefined_is_empty(package: Package) -> None:
    package.has(
        "base.tpl", "[{{ nothing }}]{{ other|d('x') }}{% if lines is defined %}y{% endif %}"
    )
    assert package.gives(None, {}) == "[]x"
