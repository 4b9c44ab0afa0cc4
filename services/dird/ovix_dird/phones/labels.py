"""The few words that phones show around what was found, in the phone's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

DEFAULT_LANGUAGE = "en"
_LONGEST_HEADER = 256


@dataclass(frozen=True, slots=True)
class Labels:
    """Words of one language."""

    language: str
    search_title: str
    directory_title: str
    name_or_number: str
    no_entries: str
    previous_page: str
    next_page: str
    previous_key: str
    next_key: str
    dial: str
    exit: str
    search: str
    suffixes: Mapping[str, str]
    """What a number is, by its word in displays (reference/dird.md, A11)."""
    unavailable: str
    unknown_user: str
    unknown_profile: str
    invalid_request: str


LANGUAGES: Mapping[str, Labels] = {
    "en": Labels(
        language="en",
        search_title="Directory search",
        directory_title="Directory",
        name_or_number="Name or number:",
        no_entries="No entries",
        previous_page="Previous Page",
        next_page="Next Page",
        previous_key="PrevPage",
        next_key="NextPage",
        dial="Dial",
        exit="Exit",
        search="Search",
        suffixes={"office": "Office", "mobile": "Mobile", "home": "Home", "other": "Other"},
        unavailable="The directory does not answer. Try again in a moment.",
        unknown_user="The user of this phone is unknown.",
        unknown_profile="There is no such directory.",
        invalid_request="The phone's request is not valid.",
    ),
    "fr": Labels(
        language="fr",
        search_title="Recherche dans l'annuaire",
        directory_title="Annuaire",
        name_or_number="Nom ou numéro :",
        no_entries="Aucune entrée",
        previous_page="Page précédente",
        next_page="Page suivante",
        previous_key="Préc.",
        next_key="Suiv.",
        dial="Appeler",
        exit="Quitter",
        search="Chercher",
        suffixes={
            "office": "Bureau", "mobile": "Mobile", "home": "Domicile", "other": "Autre",
        },
        unavailable="L'annuaire ne répond pas. Réessayez dans un instant.",
        unknown_user="L'utilisateur de ce téléphone est inconnu.",
        unknown_profile="Cet annuaire n'existe pas.",
        invalid_request="La requête du téléphone n'est pas valide.",
    ),
    "de": Labels(
        language="de",
        search_title="Suche im Telefonbuch",
        directory_title="Telefonbuch",
        name_or_number="Name oder Nummer:",
        no_entries="Keine Einträge",
        previous_page="Vorige Seite",
        next_page="Nächste Seite",
        previous_key="Zurück",
        next_key="Weiter",
        dial="Wählen",
        exit="Beenden",
        search="Suchen",
        suffixes={
            "office": "Büro", "mobile": "Mobil", "home": "Privat", "other": "Andere",
        },
        unavailable="Das Telefonbuch antwortet nicht. Bitte gleich noch einmal versuchen.",
        unknown_user="Der Benutzer dieses Telefons ist unbekannt.",
        unknown_profile="Dieses Telefonbuch gibt es nicht.",
        invalid_request="Die Anfrage des Telefons ist nicht gültig.",
    ),
}  # fmt: skip


def labels_for(accept_language: str | None) -> Labels:
    """The words of the language the phone likes best among those there are; English otherwise.

    A header that can't be read, or is longer than any phone's, counts as none.
    """
    return LANGUAGES[_best((accept_language or "")[:_LONGEST_HEADER])]


@lru_cache(maxsize=256)
def _best(header: str) -> str:
    wanted = []
    for position, part in enumerate(header.split(",")):
        language, _, parameter = part.partition(";")
        primary = language.strip().lower().replace("_", "-").partition("-")[0]
        name, _, value = parameter.strip().partition("=")
        try:
            quality = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        if quality > 0 and primary in LANGUAGES:
            wanted.append((-quality, position, primary))
    return min(wanted)[2] if wanted else DEFAULT_LANGUAGE
