#!/usr/bin/env python3
"""A file whose sections and symbols share one table of names gives the same frames as its original.

    one_string_table_test.py SYMBOLIZE_BENCH PROGRAM
"""

import os
import struct
import subprocess
import sys
import tempfile

SECTION = struct.Struct("<IIQQQQIIQQ")  # Elf64_Shdr: name, type, flags, address, offset, size, ...


def merged(program):
    """The program with the names of its sections at the end of the names of its symbols."""
    with open(program, "rb") as file:
        data = bytearray(file.read())
    table, = struct.unpack_from("<Q", data, 0x28)
    count, names = struct.unpack_from("<HH", data, 0x3c)
    headers = [list(SECTION.unpack_from(data, table + i * SECTION.size)) for i in range(count)]
    contents = [bytes(data[header[4]:header[4] + header[5]]) for header in headers]
    name_of = [contents[names][header[0]:].split(b"\0")[0] for header in headers]
    symbols = name_of.index(b".strtab")
    for header in headers:
        header[0] += len(contents[symbols])
    # The zeros: pieces of the table that are dropped hold the names, too.
    both = contents[symbols] + contents[names] + bytes(1 << 15)
    headers[symbols][4:6] = len(data), len(both)
    for i, header in enumerate(headers):
        SECTION.pack_into(data, table + i * SECTION.size, *header)
    struct.pack_into("<H", data, 0x3e, symbols)
    return bytes(data) + both


def frames(bench, program, addresses):
    return subprocess.run([bench, program, "--addresses", addresses, "--print"], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=100).stdout


def main():
    bench, program = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        addresses, copy = os.path.join(folder, "addresses"), os.path.join(folder, "copy")
        with open(addresses, "w", encoding="ascii") as file:
            subprocess.run([bench, program, "--random", "200", "--list"], stdout=file,
                           stderr=subprocess.DEVNULL, check=True, timeout=100)
        with open(copy, "wb") as file:
            file.write(merged(program))
        original = frames(bench, program, addresses)
        assert original.count(".cpp:") > 100, original[:500]
        assert frames(bench, copy, addresses) == original, "other frames"


if __name__ == "__main__":
    main()
