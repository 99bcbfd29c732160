"""The house's signature under a chain head: a copy kept elsewhere shows a cut tail.

`house.key` is an Ed25519 private key in PEM, `house.pub` its public key in PEM; what is signed
is the canonical JSON of the head, so that any tool can check it without this house.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from psizero.core.content import canonical
from psizero.core.errors import Problem
from psizero.store.key_file import create_file


class SignedHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A head as it lies elsewhere; both byte fields are base64 in the file."""

    head: dict[str, object]
    signature: bytes
    public_key: bytes


def sign_head(folder: Path, head: Mapping[str, object]) -> bytes:
    """Canonical JSON of head, signature and public key, signed with the folder's house key.

    The key is made, durably, on first use. Raises Problem when the key file is damaged.
    """
    key = _house_key(folder)
    text = canonical(head)
    signed = SignedHead(
        head=msgspec.json.decode(text, type=dict[str, object]),
        signature=key.sign(text.encode()),
        public_key=key.public_key().public_bytes_raw(),
    )
    return canonical(msgspec.to_builtins(signed)).encode()


def read_head(data: bytes, public_key: bytes | None = None) -> Mapping[str, object]:
    """The head in `data`, verified; `public_key` is the content of `house.pub`, or 32 raw bytes.

    Without a `public_key` it only shows that nothing was changed since somebody signed it, not
    who did. Raises Problem, one line, when it cannot be trusted.
    """
    try:
        signed = msgspec.json.decode(data, type=SignedHead)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Problem("This is no signed head: it is not the JSON that was signed.") from None
    if public_key is not None and signed.public_key != _raw(public_key):
        raise Problem("This head is signed with another key than the one expected.")
    try:
        key = Ed25519PublicKey.from_public_bytes(signed.public_key)
        key.verify(signed.signature, canonical(signed.head).encode())
    except (InvalidSignature, ValueError, OverflowError, RecursionError):
        raise Problem("The signature under this head is wrong: it was changed.") from None
    return signed.head


def write_head(path: Path, folder: Path, head: Mapping[str, object]) -> None:
    """Put the signed head at `path`, wholly or not at all; the next one repairs a lost one.

    Raises Problem when the place cannot be written.
    """
    signed, fresh = sign_head(folder, head), path.with_name(f"{path.name}.new")
    try:
        fresh.write_bytes(signed)
        fresh.replace(path)
    except OSError as error:
        raise Problem(f"The signed head cannot be put at {path}: {error.strerror}.") from None


def _house_key(folder: Path) -> Ed25519PrivateKey:
    path, public = folder / "house.key", folder / "house.pub"
    if not path.exists():
        create_file(path, _pem(Ed25519PrivateKey.generate()))
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Problem(f"The house key {path} is damaged; bring it back from your own copy.")
    if not public.exists():
        create_file(public, _public_pem(key))
    return key


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_pem(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _raw(public_key: bytes) -> bytes:
    """Raises Problem on what is neither 32 raw bytes nor an Ed25519 key in PEM."""
    if len(public_key) == 32:
        return public_key
    try:
        key = load_pem_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Problem("The public key that was expected is no Ed25519 key in PEM.")
    return key.public_bytes_raw()
