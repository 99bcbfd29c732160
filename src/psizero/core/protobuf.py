"""Protocol Buffers read as far as somebody asks: the fields of a shape, all others passed over.

The wire format in one function, since the messages that are pushed in are few and known: no
generated code, no second runtime. Source: protobuf.dev/programming-guides/encoding.
"""

import struct
from collections.abc import Mapping
from enum import Enum

import msgspec


class Wire(Enum):
    """How the bytes of a field are read."""

    TEXT = "text"
    UINT = "uint"
    INT = "int"  # two's complement in 64 bits
    FIXED = "fixed"  # 64 bits, unsigned
    SFIXED = "sfixed"
    DOUBLE = "double"
    MESSAGE = "message"


class Field(msgspec.Struct, frozen=True):
    """What a field is called, how it is read, whether it may come often, and what is in it."""

    name: str
    wire: Wire
    many: bool = False
    shape: Mapping[int, "Field"] = {}


Shape = Mapping[int, Field]
_PACKED = {Wire.FIXED: "Q", Wire.SFIXED: "q", Wire.DOUBLE: "d"}
_EIGHT = {wire: struct.Struct(f"<{letter}") for wire, letter in _PACKED.items()}
_TOP, _ALL = 1 << 63, 1 << 64


def message(data: bytes, shape: Shape) -> dict[str, object]:
    """The fields of a shape by name; a list for those that may come often.

    Raises ValueError where the bytes are no message.
    """
    found: dict[str, object] = {}
    place, end = 0, len(data)
    while place < end:
        tag, place = _varint(data, place)
        number, wire = tag >> 3, tag & 7
        value: int | bytes
        if wire == 0:
            value, place = _varint(data, place)
        elif wire in (1, 5):
            value, place = data[place : (place := place + (8 if wire == 1 else 4))], place
        elif wire == 2:
            size, place = _varint(data, place)
            value, place = data[place : (place := place + size)], place
        else:
            raise ValueError("no protocol buffer")
        if place > end:
            raise ValueError("a protocol buffer that is cut short")
        field = shape.get(number)
        if field is not None:
            _put(found, field, value)
    return found


def _put(found: dict[str, object], field: Field, value: int | bytes) -> None:
    if not field.many:
        found[field.name] = _one(field, value)
        return
    listed = found.setdefault(field.name, [])
    if isinstance(listed, list):
        if field.wire in _PACKED and isinstance(value, bytes) and len(value) != 8:
            listed += struct.unpack(f"<{len(value) // 8}{_PACKED[field.wire]}", value)
        else:
            listed.append(_one(field, value))


def _one(field: Field, value: int | bytes) -> object:
    """One value. Raises ValueError where it is of another wire type than the field's."""
    if isinstance(value, int):
        if field.wire not in (Wire.UINT, Wire.INT):
            raise ValueError(f"{field.name} is of another wire type")
        return value - _ALL if field.wire is Wire.INT and value >= _TOP else value
    if field.wire is Wire.TEXT:
        return value.decode()
    if field.wire is Wire.MESSAGE:
        return message(value, field.shape)
    if field.wire not in _EIGHT or len(value) != 8:
        raise ValueError(f"{field.name} is of another wire type")
    return _EIGHT[field.wire].unpack(value)[0]


def _varint(data: bytes, place: int) -> tuple[int, int]:
    found = shift = 0
    try:
        while True:
            byte = data[place]
            place += 1
            found |= (byte & 127) << shift
            if byte < 128:
                return found & (_ALL - 1), place
            shift += 7
            if shift > 63:
                raise ValueError("a number of more than 64 bits")
    except IndexError:
        raise ValueError("a protocol buffer that is cut short") from None
