"""The phones' servers, from the service's start to its end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import structlog
from ovix_web import Sessions
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncSession

from ..lifecycle import Lifecycle
from ..notification import SipNotifier
from ..plugins import Document, PluginSet
from ..settings import ProvdSettings
from .certificates import ServerCertificate
from .changes import DeviceChanges
from .http_server import Limits, PhonesHttp, Proxies
from .known import KnownDevices
from .pipeline import Pipeline, Rules
from .quotas import Creations, Quota
from .reactor import running_reactor
from .registrations import Registrations
from .security import SecurityLog
from .tftp import TftpLimits, TftpServer

log = structlog.get_logger(__name__)
BACKLOG = 1024


class Phones:
    """What answers phones. Nothing is opened before `serving`."""

    def __init__(
        self,
        settings: ProvdSettings,
        sessions: Sessions,
        plugins: PluginSet,
        base_raw_config: Document,
        notifier: SipNotifier,
        registry: CollectorRegistry,
        coming: Callable[[], bool],
    ) -> None:
        self._settings, self._base_raw_config = settings, base_raw_config

        def lifecycle(session: AsyncSession) -> Lifecycle:
            return Lifecycle(session, plugins, base_raw_config)

        self.security = SecurityLog(settings.security_log, sessions)
        self.known = KnownDevices(
            settings.database_url,
            connections=settings.phones_connections,
            timeout_s=settings.database_timeout_s,
        )
        quota = Quota(
            per_address=settings.new_devices_per_address,
            in_all=settings.new_devices,
            nameless=settings.new_nameless_devices,
            period_s=settings.new_devices_period_s,
        )
        self.pipeline = Pipeline(
            plugins,
            self.known,
            DeviceChanges(sessions, lifecycle, self.security),
            rules=Rules(creates=settings.pipeline == "default", strict=settings.strict),
            creations=Creations(quota),
            security=self.security,
            registrations=Registrations(notifier.addresses_of),
            coming=coming,
        )
        self.tftp = TftpServer(
            settings.phones_host,
            settings.tftp_port,
            TftpLimits(
                most_transfers=settings.tftp_most_transfers,
                most_per_address=settings.tftp_most_per_address,
                timeout_s=settings.tftp_timeout_s,
                most_sends=settings.tftp_most_sends,
            ),
            registry,
        )
        self.http_port = settings.http_port
        """Where the HTTP server listens: once it does, the free port that it was given for 0."""
        self.https_port = settings.https_port

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Tell phones by TFTP to come again, until `serving` answers them."""
        try:
            await self.tftp.start()
        except PermissionError as error:
            # An unprivileged user's port is one above 1023: the rest of the service still works.
            log.warning("tftp_not_served", port=self.tftp.port, reason=str(error))
        try:
            yield
        finally:
            await self.tftp.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen, and stop in the end: what is being sent is cut, as phones ask again."""
        settings, reactor = self._settings, running_reactor()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.known)
            stack.callback(self.security.close)
            telling = asyncio.create_task(self.security.keep_telling(), name="security events")
            stack.push_async_callback(self._end_telling, telling)
            http = PhonesHttp(
                self.pipeline,
                reactor,
                limits=Limits(
                    connections=settings.phones_max_connections, idle_s=settings.phones_idle_s
                ),
                proxies=Proxies(settings.trusted_proxies_count, settings.trusted_proxies),
                access_log=settings.access_log,
            )
            stack.push_async_callback(http.close)
            self.http_port = self._listening(
                stack, http, reactor.listenTCP(
                    settings.http_port, http, backlog=BACKLOG, interface=settings.phones_host
                ),
            )  # fmt: skip
            if settings.http_port == 0:
                # Phones are told the port that was free.
                base = self._base_raw_config
                base["http_port"] = self.http_port
                base["http_base_url"] = f"http://{base['ip']}:{self.http_port}"
            if settings.https_port is not None:
                self.https_port = self._listening(
                    stack, http, reactor.listenSSL(
                        settings.https_port, http, certificates_of(settings), backlog=BACKLOG,
                        interface=settings.phones_host,
                    ),
                )  # fmt: skip
            self.tftp.attach(self.pipeline.tftp)
            log.info(
                "phones_served",
                http_port=self.http_port,
                https_port=self.https_port,
                tftp_port=self.tftp.port,
            )
            self._warn_of_loopback()
            yield

    def _warn_of_loopback(self) -> None:
        """Of an installation that nobody told its address, on a host whose name is its own."""
        ip = str(self._base_raw_config["ip"])
        if not self._settings.external_ip and ip.startswith("127."):
            log.warning("phones_told_loopback", ip=ip, set="OVIX_PROVD_EXTERNAL_IP")

    @staticmethod
    def _listening(stack: AsyncExitStack, http: PhonesHttp, port: Any) -> int:
        http.listens_on(port)

        async def stop() -> None:
            stopped = port.stopListening()
            if stopped is not None:
                await stopped.asFuture(asyncio.get_running_loop())

        stack.push_async_callback(stop)
        return int(port.getHost().port)

    async def _end_telling(self, telling: "asyncio.Task[None]") -> None:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
        await self.security.tell_now()


def certificates_of(settings: ProvdSettings) -> ServerCertificate:
    """The certificate of the HTTPS server; phones show theirs where an authority is set."""
    certificate = settings.https_certificate
    if certificate is None:
        raise ValueError("OVIX_PROVD_HTTPS_PORT needs OVIX_PROVD_HTTPS_CERTIFICATE")
    return ServerCertificate(
        certificate, settings.https_key or certificate, settings.https_client_ca
    )
