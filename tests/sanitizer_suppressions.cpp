// Linked into every sanitizer build: suppresses reports that are not our bugs. Not files named by
// the environment, because the build itself runs test programs.
#define PPROF_EXPORT __attribute__((visibility("default")))

extern "C" {

// An object of tcmalloc that lives as long as the process and is only referenced from its own heap.
PPROF_EXPORT const char* __lsan_default_suppressions();  // NOLINT: the sanitizer's names
const char* __lsan_default_suppressions() { return "leak:MallocExtension::Register\n"; }

// Omits the list of suppressions at the end of every program.
PPROF_EXPORT const char* __lsan_default_options();
const char* __lsan_default_options() { return "print_suppressions=0"; }

// cpp-httplib is not built with ThreadSanitizer, which therefore does not see that its
// function-local constants are initialized before they are read. A program that exits while the
// server answers leaves a short thread behind, ended and not joined.
PPROF_EXPORT const char* __tsan_default_suppressions();
const char* __tsan_default_suppressions() {
  return "called_from_lib:libcpp-httplib.so\n"
         "thread:RunWithOwnDescriptors\n";
}

}  // extern "C"
