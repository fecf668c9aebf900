// In every program that is built with a sanitizer: what it would report and is not ours. Here
// rather than in files named by the environment, because the build runs test programs, too.
#define PPROF_EXPORT __attribute__((visibility("default")))

extern "C" {

// tcmalloc's one object for the life of the process, which only its own heap knows.
PPROF_EXPORT const char* __lsan_default_suppressions();  // NOLINT: the sanitizer's names
const char* __lsan_default_suppressions() { return "leak:MallocExtension::Register\n"; }

// Not to be read at the end of every program.
PPROF_EXPORT const char* __lsan_default_options();
const char* __lsan_default_options() { return "print_suppressions=0"; }

// cpp-httplib is not built with ThreadSanitizer, which so does not see that its function-local
// constants are made once, before they are read.
PPROF_EXPORT const char* __tsan_default_suppressions();
const char* __tsan_default_suppressions() { return "called_from_lib:libcpp-httplib.so\n"; }

}  // extern "C"
