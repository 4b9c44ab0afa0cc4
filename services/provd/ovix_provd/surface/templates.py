"""Templates of phones' files: the operator's or the package's (reference/provd/plugins.md, 6.3)."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import BaseLoader, Environment, Template, TemplateNotFound, TemplateSyntaxError
from jinja2.loaders import split_template_path

from . import atomic

_PYTHON_2_METHODS = {
    "iteritems": "items",
    "iterkeys": "keys",
    "itervalues": "values",
    "has_key": "__contains__",
}


class TemplatePluginHelper:
    """The templates of one plugin."""

    def __init__(self, plugin_dir: str | os.PathLike[str]) -> None:
        self._plugin_dir = Path(plugin_dir)
        # Phones' formats are not all HTML: templates escape where theirs needs it.
        self._environment = PluginTemplates(
            loader=OverridableTemplates(
                self._plugin_dir / "var" / "templates", self._plugin_dir / "templates"
            ),
            autoescape=False,
        )

    def get_template(self, name: str) -> Template:
        """The operator's template of that name, else the package's, else TemplateNotFound."""
        return self._environment.get_template(name)

    def get_dev_template(self, filename: str | None, dev: Mapping[str, Any]) -> Template:
        """The template of a phone's file, else of its model, else ``base.tpl``."""
        names = [f"{name}.tpl" for name in (filename, dev.get("model")) if name]
        return self._environment.select_template([*names, "base.tpl"])

    def render(
        self,
        template: Template,
        context: Mapping[str, Any],
        encoding: str = "UTF-8",
        errors: str = "replace",
    ) -> bytes:
        """What a phone is sent."""
        return template.render(context).encode(encoding, errors)

    def dump(
        self,
        template: Template,
        context: Mapping[str, Any],
        filename: str | os.PathLike[str],
        encoding: str = "UTF-8",
        errors: str = "strict",
    ) -> None:
        """Write what a phone fetches, whole or not at all.

        Raises UnicodeEncodeError for what the encoding has not, and ValueError outside the plugin's
        directory: names of files hold what phones say of themselves.
        """
        target = Path(filename)
        if not target.resolve().is_relative_to(self._plugin_dir.resolve()):
            raise ValueError(f"not a file of this plugin: {target}")
        atomic.write(target, self.render(template, context, encoding, errors))


class PluginTemplates(Environment):
    """Dictionaries answer by the names that Python 2 had for their methods; errors say where."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What ``obj.attribute`` is in a template."""
        if isinstance(obj, dict) and attribute in _PYTHON_2_METHODS and attribute not in obj:
            attribute = _PYTHON_2_METHODS[attribute]
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def handle_exception(self, source: str | None = None) -> NoReturn:
        """Raise what a template did wrong."""
        try:
            super().handle_exception(source)
        except TemplateSyntaxError as error:
            # Its text leaves out file and line when the traceback names them: logs have texts.
            error.translated = False
            raise


class OverridableTemplates(BaseLoader):
    """The first directory that has a template gives it, also when it got it a moment ago."""

    def __init__(self, *directories: Path) -> None:
        self._directories = directories

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Text, file and whether both are still so; names with ``..`` are not found."""
        parts = split_template_path(template)
        found = self._state(parts)
        if found is None:
            raise TemplateNotFound(template)
        path = found[0]
        return path.read_text("UTF-8"), str(path), lambda: self._state(parts) == found

    def _state(self, parts: list[str]) -> tuple[Path, int, int] | None:
        for directory in self._directories:
            path = directory.joinpath(*parts)
            try:
                if path.is_file():
                    about = path.stat()
                    return path, about.st_mtime_ns, about.st_size
            except (OSError, ValueError):  # too long, a NUL: what phones say of themselves
                continue
        return None
