"""How a test preloads a library."""
import os


def preload_environment(library, *before):
    """The variables that make the loader preload `before`, then `library`.

    LD_PRELOAD takes blanks and colons for separators, so it gets the file's name; its folder, which may
    have a blank, is searched because of LD_LIBRARY_PATH.
    """
    folder, name = os.path.split(os.path.abspath(library))
    return {"LD_PRELOAD": ":".join([*before, name]), "LD_LIBRARY_PATH": folder}
