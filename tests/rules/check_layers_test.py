#!/usr/bin/env python3
"""check_layers.py reports an offence of each kind, and none in a tree that matches its table.

usage: check_layers_test.py SCRIPTS_FOLDER
"""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv.pop(1))
import check_layers  # noqa: E402  (its folder is an argument)

LOW, HIGH = "profiler/low", "profiler/high"
TABLE = {
    LOW: check_layers.Room(std={"cstdint"}, headers="unistd.h", conditions=(r"#if HAVE_\w+",)),
    HIGH: check_layers.Room(LOW, std={"string"}),
}
GOOD = {
    f"{LOW}/low.h": "#include <unistd.h>\n#include <cstdint>\n#if HAVE_ALL\n#endif\n",
    f"{HIGH}/high.h": f'#include "{LOW}/low.h"\n#include <string>\n',
    f"{HIGH}/high.cpp": f'#include "{HIGH}/high.h"\n',
}


class CheckLayers(unittest.TestCase):
    def offences(self, changes):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**GOOD, **changes}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return check_layers.check(root, TABLE)[0]

    def assert_offence(self, expected, name, line):
        found = self.offences({name: GOOD.get(name, "") + line + "\n"})
        self.assertEqual(len(found), 1, found)
        self.assertIn(name, found[0])
        self.assertIn(expected, found[0])

    def test_a_good_tree_has_none(self):
        self.assertEqual(self.offences({}), [])

    def test_a_room_that_is_not_in_the_row(self):
        self.assert_offence(f'may not include "{HIGH}/high.h"', f"{LOW}/low.cpp",
                            f'#include "{HIGH}/high.h"')

    def test_a_folder_whose_name_only_begins_like_one_in_the_row(self):
        found = self.offences({f"{LOW}er/x.h": "", f"{HIGH}/x.h": f'#include "{LOW}er/x.h"\n'})
        self.assertEqual(len(found), 2, found)  # the folder has no row, and the include

    def test_a_header_of_the_system_that_is_not_in_the_row(self):
        self.assert_offence("may not include <poll.h>", f"{LOW}/low.cpp", "#include <poll.h>")

    def test_a_header_of_the_standard_library_that_is_not_in_the_row(self):
        self.assert_offence("may not include <thread>", f"{LOW}/low.cpp", "#  include <thread>")

    def test_every_form_of_a_condition(self):
        for line in ("#if HAVE_ALL && MORE", "#ifdef HAVE_ALL", "# ifndef X", "#elif HAVE_ALL"):
            self.assert_offence("may not have", f"{LOW}/low.cpp", line)
        self.assert_offence("may not have", f"{HIGH}/high.cpp", "#if HAVE_ALL")

    def test_a_header_that_is_nowhere(self):
        self.assert_offence("not a file of ours", f"{HIGH}/high.cpp", '#include "low.h"')

    def test_a_folder_without_a_row(self):
        self.assert_offence("has no row", "profiler/new/new.h", "#include <cstdint>")

    def test_a_row_that_nobody_needs(self):
        found = self.offences({f"{LOW}/low.h": "#include <cstdint>\n"})
        self.assertEqual(len(found), 2, found)
        self.assertIn("no file needs", found[0])

    def test_the_real_table_has_a_row_for_each_room_it_names(self):
        for room, row in check_layers.TABLE.items():
            for entry in row.rooms:
                folder = entry if not entry.endswith(".h") else entry.rpartition("/")[0]
                self.assertIn(folder, [*check_layers.TABLE, "pprof"], room)

    def test_no_room_includes_itself_round_about(self):
        def below(room, seen):
            for entry in check_layers.TABLE[room].rooms:
                if entry in check_layers.TABLE and entry not in seen:
                    seen.add(entry)
                    below(entry, seen)
            return seen
        for room in check_layers.TABLE:
            self.assertNotIn(room, below(room, set()), f"{room} includes itself through others")


if __name__ == "__main__":
    unittest.main()
