"""The channels of one Asterisk, found by id, bridge, conversation and name."""

from collections.abc import Iterable, Iterator

from .channels import Channel

MAX_HOPS = 8
"""How many Local channels in a row are followed; a dialplan that loops must not make us loop."""


class Registry:
    """Channels and the indexes over them; an index changes only through this class."""

    def __init__(self, channels: Iterable[Channel] = ()) -> None:
        self._by_id: dict[str, Channel] = {}
        self._by_name: dict[str, str] = {}
        self._bridges: dict[str, dict[str, None]] = {}
        self._conversations: dict[str, dict[str, None]] = {}
        for channel in channels:
            self.add(channel)

    def __iter__(self) -> Iterator[Channel]:
        return iter(list(self._by_id.values()))

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._by_id

    def get(self, call_id: str | None) -> Channel | None:
        return None if call_id is None else self._by_id.get(call_id)

    def add(self, channel: Channel) -> None:
        self._by_id[channel.call_id] = channel
        self._by_name[channel.name] = channel.call_id
        self._conversations.setdefault(channel.linkedid, {})[channel.call_id] = None
        if channel.bridge_id is not None:
            self._bridges.setdefault(channel.bridge_id, {})[channel.call_id] = None

    def remove(self, channel: Channel) -> None:
        del self._by_id[channel.call_id]
        if self._by_name.get(channel.name) == channel.call_id:
            del self._by_name[channel.name]
        _leave(self._conversations, channel.linkedid, channel.call_id)
        _leave(self._bridges, channel.bridge_id, channel.call_id)

    def move(self, channel: Channel, bridge_id: str | None) -> None:
        _leave(self._bridges, channel.bridge_id, channel.call_id)
        channel.bridge_id = bridge_id
        if bridge_id is not None:
            self._bridges.setdefault(bridge_id, {})[channel.call_id] = None

    def relink(self, channel: Channel, linkedid: str) -> None:
        if linkedid != channel.linkedid:
            _leave(self._conversations, channel.linkedid, channel.call_id)
            channel.linkedid = linkedid
            self._conversations.setdefault(linkedid, {})[channel.call_id] = None

    def rename(self, channel: Channel, name: str) -> None:
        if self._by_name.get(channel.name) == channel.call_id:
            del self._by_name[channel.name]
        channel.name = name
        self._by_name[name] = channel.call_id

    def bridge(self, bridge_id: str) -> list[Channel]:
        return [self._by_id[call_id] for call_id in self._bridges.get(bridge_id, ())]

    def conversation(self, linkedid: str) -> list[Channel]:
        return [self._by_id[call_id] for call_id in self._conversations.get(linkedid, ())]

    def reached_from(self, channel: Channel) -> list[Channel]:
        """Whom one talks to: the others of the same bridge, and those beyond its Local channels."""
        seen = {channel.call_id}
        reached: list[Channel] = []
        waiting = [channel]
        while waiting:
            here = waiting.pop()
            for other in self.bridge(here.bridge_id) if here.bridge_id is not None else ():
                if other.call_id in seen:
                    continue
                seen.add(other.call_id)
                if other.technology != "Local":
                    reached.append(other)
                    continue
                twin = self._twin(other)
                if twin is not None and twin.call_id not in seen:
                    seen.add(twin.call_id)
                    waiting.append(twin)
        return [other for other in reached if not other.is_hidden]

    def far_end(self, channel: Channel) -> Channel | None:
        """Whom one is ringing, or is rung by, when that is one channel only."""
        here = channel
        for _ in range(MAX_HOPS):
            peer = self.get(here.peer_id or (here.dialing[0] if len(here.dialing) == 1 else None))
            if peer is None or peer.technology != "Local":
                return peer
            twin = self._twin(peer)
            if twin is None:
                return None
            here = twin
        return None

    def _twin(self, local: Channel) -> Channel | None:
        """The other half of a Local channel: ``Local/x@y-0001;1`` and ``…;2``."""
        stem, _, half = local.name.rpartition(";")
        return self.get(self._by_name.get(f"{stem};{'2' if half == '1' else '1'}"))


def _leave(index: dict[str, dict[str, None]], key: str | None, call_id: str) -> None:
    members = None if key is None else index.get(key)
    if members is not None and key is not None:
        members.pop(call_id, None)
        if not members:
            del index[key]
