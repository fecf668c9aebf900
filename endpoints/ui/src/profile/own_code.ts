// Tells the program's functions from those of the system's libraries.

// Files of the C library, of its headers, which clang finds from its own folder on
// (/usr/bin/../lib/gcc/…/include/c++/12/mutex), and libraries without lines.
const kOfTheSystem = /^\.\/|^\/usr\/(.*\/)?include\/(c\+\+|x86_64-linux-gnu)\/|\.so([.:]|$)|^\?\?/;
const kNobodys = /^(created by |pprof::interpose::)/;

// `place` is a file, with or without a line.
export const isOwn = (name: string, place: string): boolean => !kOfTheSystem.test(place) && !kNobodys.test(name);
