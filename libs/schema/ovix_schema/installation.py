"""What is true of the whole installation: its uuid, its time zone, whether reloads are live."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import NewUuid, Now, Table, owned_by


class Installation(Table):
    """The single row of the installation; its uuid is the ``origin_uuid`` of every event."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"), owned_by("confd"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default="1")
    uuid: Mapped[NewUuid]
    timezone: Mapped[str] = mapped_column(server_default="Europe/Paris")
    live_reload: Mapped[bool] = mapped_column(server_default="true")
    configured: Mapped[bool] = mapped_column(server_default="false")
    """Whether the wizard was run."""
    created_at: Mapped[Now]
