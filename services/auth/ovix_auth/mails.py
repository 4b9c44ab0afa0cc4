"""Mails that auth sends: a template's text over SMTP, with time-outs and few retries."""

import asyncio
import random
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

import aiosmtplib
import jinja2
import structlog
from ovix_web import authorities

from .password_settings import PasswordSettings

log = structlog.get_logger(__name__)

TRIES = 3
FIRST_WAIT_S = 1.0
"""Before the second try, give or take half; twice that before the third."""
BUILT_IN = Path(__file__).parent / "templates"


class MailFailed(Exception):
    """No SMTP server took the mail."""


class Mails:
    """Renders ``<name>.<language>.txt``, whose first line is the subject, and sends it."""

    def __init__(self, settings: PasswordSettings) -> None:
        """Templates of the operator's directory come before the built-in ones."""
        self._settings = settings
        own = [settings.mail_templates] if settings.mail_templates else []
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader([*own, BUILT_IN]),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,  # noqa: S701 - plain text
        )

    def written(self, name: str, language: str | None, to: str, **values: str) -> EmailMessage:
        """The mail in the user's language, else in English; jinja2.TemplateError if it can't be."""
        spoken = (language or "").partition("_")[0].lower()
        template = self._templates.select_template([f"{name}.{spoken}.txt", f"{name}.en.txt"])
        subject, _, body = template.render(values).partition("\n")
        mail = EmailMessage()
        mail["Subject"] = " ".join(subject.split())
        mail["From"] = self._settings.mail_from
        mail["To"] = to
        mail["Date"] = formatdate()
        mail["Message-ID"] = make_msgid(domain=self._settings.mail_from.rpartition("@")[2] or None)
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice answers it
        mail.set_content(body.lstrip("\n"))
        return mail

    async def send(self, mail: EmailMessage) -> None:
        """Give it to the SMTP server; `MailFailed` after the last try."""
        settings = self._settings
        password = settings.smtp_password
        for left in reversed(range(TRIES)):
            try:
                await aiosmtplib.send(
                    mail,
                    hostname=settings.smtp_host,
                    port=settings.smtp_port,
                    use_tls=settings.smtp_security == "tls",
                    start_tls=settings.smtp_security == "starttls",
                    tls_context=authorities.trusted() if settings.smtp_security != "none" else None,
                    username=settings.smtp_username,
                    password=password.get_secret_value() if password else None,
                    timeout=settings.smtp_timeout_s,
                )
            except (aiosmtplib.SMTPException, OSError, ValueError) as error:
                is_refused = (
                    isinstance(error, aiosmtplib.SMTPResponseException) and 500 <= error.code < 600
                )
                if is_refused or not left:
                    raise MailFailed(str(error)) from error
                log.warning("mail_delayed", cause=str(error))
                jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads retries, is no secret
                await asyncio.sleep(FIRST_WAIT_S * jitter * 2 ** (TRIES - 1 - left))
            else:
                return
