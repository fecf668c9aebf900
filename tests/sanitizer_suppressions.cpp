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
// function-local constants are initialized before they are read. And a thread with a descriptor
// table of its own has the same numbers as others for other files, which ThreadSanitizer takes for
// races over one file: in the short threads that read files, in the files that are read again and
// again, and in the gate's own calls on its sockets. A program that exits while the server answers
// leaves such a short thread behind, ended and not joined.
PPROF_EXPORT const char* __tsan_default_suppressions();
const char* __tsan_default_suppressions() {
  return "called_from_lib:libcpp-httplib.so\n"
         "race:OccupyStandardDescriptors\n"
         "race:RunWithOwnDescriptors\n"
         "race:pprof::sys::ProcessUsageReader::Read\n"
         "race:ReadAndClose\n"
         "race:ListOnce\n"
         "thread:RunWithOwnDescriptors\n"
         "race:pprof::http::ConnectionGate::Poll\n"
         "race:pprof::http::ConnectionGate::Accept\n"
         "race:pprof::http::Connection::OnReadable\n";
}

// A forked child that starts a server of its own is tested; ThreadSanitizer would end it.
PPROF_EXPORT const char* __tsan_default_options();
const char* __tsan_default_options() { return "die_after_fork=0"; }

}  // extern "C"
