"""The signed head: what was signed is read, and nothing else is."""

import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psizero.core.content import canonical
from psizero.core.errors import Problem
from psizero.store.signature import read_head, sign_head, write_head

HEAD: dict[str, object] = {
    "chain": "9f" * 32,
    "position": 4711,
    "sealed_at": "2026-10-08T06:00:00Z",
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
shared_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@shared_folder
@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_what_is_signed_is_read(tmp_path: Path, head: dict[str, object]) -> None:
    signed = sign_head(tmp_path, head)
    assert signed == sign_head(tmp_path, head)
    for expected in (None, (tmp_path / "house.pub").read_bytes()):
        assert canonical(read_head(signed, expected)) == canonical(head)


@shared_folder
@given(st.data())
def test_any_changed_byte_is_found(tmp_path: Path, data: st.DataObject) -> None:
    """Either it is refused, or the change made no difference to the head."""
    signed = sign_head(tmp_path, HEAD)
    at = data.draw(st.integers(0, len(signed) - 1))
    forged = signed[:at] + data.draw(st.binary(max_size=2)) + signed[at + 1 :]
    try:
        assert read_head(forged, (tmp_path / "house.pub").read_bytes()) == HEAD
    except Problem as problem:
        assert "\n" not in str(problem)


def test_a_changed_head_is_refused(tmp_path: Path) -> None:
    signed = json.loads(sign_head(tmp_path, HEAD))
    for change in ({"position": 4710}, {"more": 1}):
        forged = json.dumps(signed | {"head": HEAD | change}).encode()
        with pytest.raises(Problem, match="signature under this head is wrong"):
            read_head(forged)
    with pytest.raises(Problem, match="no signed head"):
        read_head(json.dumps(signed | {"note": "unsigned"}).encode())
    assert read_head(json.dumps(signed, indent=2).encode()) == HEAD


def test_a_head_that_another_house_signed_is_refused(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    sign_head(ours, HEAD)
    signed, public = sign_head(theirs, HEAD), (ours / "house.pub").read_bytes()
    assert read_head(signed) == HEAD
    key = load_pem_public_key(public)
    assert isinstance(key, Ed25519PublicKey)
    raw = key.public_bytes_raw()
    for expected in (public, raw):
        with pytest.raises(Problem, match="another key than the one expected"):
            read_head(signed, expected)
    with pytest.raises(Problem, match="no Ed25519 key"):
        read_head(signed, b"rubbish")


@pytest.mark.parametrize(
    "data",
    [b"", b"rubbish", b"\xff\xfe", b"[]", b"{}", b'{"head":' + b'{"a":' * 100_000, b"null"],
)
def test_what_is_no_signed_head_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(Problem, match="no signed head") as caught:
        read_head(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("depth", [10, 900, 5_000])
def test_a_deep_head_is_no_traceback(depth: int) -> None:
    inner = b'{"a":' * depth + b"1" + b"}" * depth
    with pytest.raises(Problem):
        read_head(b'{"head":' + inner + b',"signature":"","public_key":"' + b"A" * 43 + b'="}')


def test_the_key_is_made_once_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "keys"
    sign_head(folder, HEAD)
    key = (folder / "house.key").read_bytes()
    assert key.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert stat.S_IMODE((folder / "house.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    public = (folder / "house.pub").read_bytes()
    (folder / "house.pub").unlink()
    sign_head(folder, HEAD)
    assert (folder / "house.key").read_bytes() == key
    assert (folder / "house.pub").read_bytes() == public


def test_a_damaged_house_key_is_named_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "house.key"
    rsa = generate_private_key(public_exponent=65537, key_size=2048)
    other = rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"", b"rubbish", other):
        path.write_bytes(content)
        with pytest.raises(Problem, match=str(path)):
            sign_head(tmp_path, HEAD)
        assert path.read_bytes() == content


def test_a_head_is_written_wholly_or_not_at_all(tmp_path: Path) -> None:
    folder, path = tmp_path / "keys", tmp_path / "head.json"
    for position in (1, 2):
        write_head(path, folder, HEAD | {"position": position})
        public = (folder / "house.pub").read_bytes()
        assert read_head(path.read_bytes(), public)["position"] == position
    assert sorted(one.name for one in tmp_path.iterdir()) == ["head.json", "keys"]
    with pytest.raises(Problem, match="cannot be put at"):
        write_head(tmp_path / "stick" / "head.json", folder, HEAD)
