"""Checks that a file is a whole profile.proto, gzipped, as readers require it."""

import gzip


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of each field; the value of a nested one is bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            if len(value) != size:
                raise ValueError("cut off")
        else:
            raise ValueError(f"wire type {key & 7}")
        yield key >> 3, value


def numbers(packed):
    at = 0
    while at < len(packed):
        value, at = varint(packed, at)
        yield value


def strings_of(path):
    """The string table of a valid profile; raises otherwise."""
    with gzip.open(path) as file:
        profile = list(fields(file.read()))
    strings = [value.decode() for number, value in profile if number == 6]
    if not strings or strings[0] != "":
        raise ValueError("string 0 is not empty")
    locations = [dict(fields(value)).get(1) for number, value in profile if number == 4]
    if locations != list(range(1, len(locations) + 1)):
        raise ValueError("locations are not numbered 1 to n")
    mappings = [dict(fields(value)) for number, value in profile if number == 3]
    if [mapping[1] for mapping in mappings] != list(range(1, len(mappings) + 1)):
        raise ValueError("mappings are not numbered 1 to n")
    functions = [dict(fields(value))[1] for number, value in profile if number == 5]
    if functions != list(range(1, len(functions) + 1)):
        raise ValueError("functions are not numbered 1 to n")
    types = sum(number == 1 for number, _ in profile)
    for number, value in profile:
        if number != 2:
            continue
        sample = dict(fields(value))
        if len(list(numbers(sample[2]))) != types:
            raise ValueError("a sample has another number of values")
        if not all(1 <= location <= len(locations) for location in numbers(sample[1])):
            raise ValueError("a sample has a location that is none")
    return strings
