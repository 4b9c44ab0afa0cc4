"""SRTP of the test phones: AES_CM_128_HMAC_SHA1_80 (RFC 3711), its key in the SDP (RFC 4568)."""

import base64
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SUITE = "AES_CM_128_HMAC_SHA1_80"
KEY_BYTES, SALT_BYTES, TAG_BYTES = 16, 14, 10
ENCRYPTION, AUTHENTICATION, SALTING = 0, 1, 2
"""Labels of the keys that are derived (RFC 3711, 4.3.2)."""


class Srtp:
    """One direction of one stream."""

    def __init__(self, master: bytes | None = None) -> None:
        self.master = master or secrets.token_bytes(KEY_BYTES + SALT_BYTES)
        self._key = self._derived(ENCRYPTION, KEY_BYTES)
        self._authentication_key = self._derived(AUTHENTICATION, 20)
        self._salt = int.from_bytes(self._derived(SALTING, SALT_BYTES), "big") << 16
        self._rollovers, self._latest = 0, -1

    @classmethod
    def of(cls, inline: str) -> "Srtp":
        """With the key of a crypto line: ``inline:<base64>``, lifetime and MKI left out."""
        return cls(base64.b64decode(inline)[: KEY_BYTES + SALT_BYTES])

    @property
    def crypto(self) -> str:
        """The value of an ``a=crypto`` line."""
        return f"1 {SUITE} inline:{base64.b64encode(self.master).decode()}"

    def protected(self, packet: bytes) -> bytes:
        """An RTP packet, encrypted and signed."""
        index = self._index(packet)
        encrypted = packet[:12] + self._crypted(packet, index)
        return encrypted + self._tag(encrypted, index)

    def opened(self, packet: bytes) -> bytes | None:
        """The packet that was protected; None if it was not by this key."""
        encrypted, tag = packet[:-TAG_BYTES], packet[-TAG_BYTES:]
        if len(encrypted) < 12:
            return None
        index = self._index(encrypted)
        if not hmac.compare_digest(tag, self._tag(encrypted, index)):
            return None
        return encrypted[:12] + self._crypted(encrypted, index)

    def _index(self, packet: bytes) -> int:
        (sequence,) = struct.unpack("!H", packet[2:4])
        if sequence < self._latest - 0x8000:
            self._rollovers += 1
        self._latest = sequence
        return self._rollovers << 16 | int(sequence)

    def _crypted(self, packet: bytes, index: int) -> bytes:
        source = int.from_bytes(packet[8:12], "big")
        start = self._salt ^ source << 64 ^ index << 16
        return _keystream(self._key, start, packet[12:])

    def _tag(self, encrypted: bytes, index: int) -> bytes:
        signed = encrypted + struct.pack("!I", index >> 16)
        return hmac.digest(self._authentication_key, signed, "sha1")[:TAG_BYTES]

    def _derived(self, label: int, length: int) -> bytes:
        salt = int.from_bytes(self.master[KEY_BYTES:], "big")
        start = (salt ^ label << 48) << 16
        return _keystream(self.master[:KEY_BYTES], start, bytes(length))


def _keystream(key: bytes, start: int, data: bytes) -> bytes:
    """AES in counter mode."""
    cipher = Cipher(algorithms.AES(key), modes.CTR(start.to_bytes(16, "big")))
    encryptor = cipher.encryptor()
    return encryptor.update(data) + encryptor.finalize()
