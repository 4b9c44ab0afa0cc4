"""``configs`` of the console (reference/provd/cli.md, 1)."""

import json
from typing import Any
from uuid import uuid4

from ovix_cli.home import CliError

from .client import Document, Provd
from .devices import id_of
from .dotted import expanded, put, without
from .exposed import Exposed, exposed

CONFIGS = "/cfg_mgr/configs"


class Configs(Exposed):
    """All configs of a provd."""

    def __init__(self, provd: Provd) -> None:
        self._provd = provd

    def __getitem__(self, config: Any) -> "Config":
        return Config(self, id_of(config))

    @exposed
    def find(self, selector: Document | None = None) -> list[Document]:
        """The configs that a selector finds; all by default."""
        found: list[Document] = self._provd.get(CONFIGS, "configs", q=json.dumps(selector or {}))
        return found

    @exposed
    def count(self, selector: Document | None = None) -> int:
        """How many a selector finds."""
        return len(self.find(selector))

    @exposed
    def get(self, config: Any) -> Document:
        """One config."""
        found: Document = self._provd.get(f"{CONFIGS}/{id_of(config)}", "config")
        return found

    @exposed
    def get_raw(self, config: Any) -> Document:
        """What a device with that config is given."""
        found: Document = self._provd.get(f"{CONFIGS}/{id_of(config)}/raw", "raw_config")
        return found

    @exposed
    def add(self, document: Document) -> str:
        """Add a config, whose keys may be dotted; its id."""
        whole = {"parent_ids": [], "raw_config": {}, **expanded(document)}
        return str(self._provd.post(CONFIGS, {"config": whole}).get("id"))

    @exposed
    def update(self, document: Document) -> None:
        """Replace the config of the document's id; keys may be dotted."""
        self.replace(expanded(document))

    def replace(self, document: Document) -> None:
        """Replace the config of the document's id; keys are what they are."""
        self._provd.put(f"{CONFIGS}/{id_of(document)}", {"config": document})

    @exposed
    def remove(self, config: Any) -> None:
        """Remove one config."""
        self._provd.delete(f"{CONFIGS}/{id_of(config)}")

    @exposed
    def remove_all(self) -> int:
        """Remove every config that may be removed; how many there were."""
        removable = [each for each in self.find() if each.get("deletable") is not False]
        for each in removable:
            self.remove(each)
        return len(removable)

    @exposed
    def autocreate(self) -> str:
        """A config for a phone that has none yet; its id."""
        made = self._provd.post("/cfg_mgr/autocreate", {}).get("id")
        if not isinstance(made, str):
            raise CliError("no config has the role autocreate")
        return made

    @exposed
    def clone(self, config: Any, new_id: str | None = None) -> str:
        """Add a copy; its id."""
        document = {**self.get(config), "id": new_id or uuid4().hex}
        return str(self._provd.post(CONFIGS, {"config": document}).get("id"))


class Config(Exposed):
    """One config."""

    def __init__(self, configs: Configs, config_id: str) -> None:
        self._configs, self._id = configs, config_id

    @exposed
    def get(self) -> Document:
        """Its document."""
        return self._configs.get(self._id)

    @exposed
    def get_raw(self) -> Document:
        """What a device that has it is given."""
        return self._configs.get_raw(self._id)

    @exposed
    def set_config(self, changes: Document) -> "Config":
        """Put these dotted keys into the raw_config."""
        document = self.get()
        before = json.dumps(document, sort_keys=True)
        for key, value in changes.items():
            put(document["raw_config"], key, value)
        if json.dumps(document, sort_keys=True) != before:
            self._configs.replace(document)
        return self

    @exposed
    def unset_config(self, *keys: str) -> "Config":
        """Take these dotted keys out of the raw_config."""
        before = self.get()
        after = {**before, "raw_config": without(before["raw_config"], keys)}
        if after != before:
            self._configs.replace(after)
        return self

    @exposed
    def set_parents(self, *ids: str) -> "Config":
        """Inherit from these, the last one winning."""
        before = self.get()
        if before["parent_ids"] != list(ids):
            self._configs.replace({**before, "parent_ids": list(ids)})
        return self
