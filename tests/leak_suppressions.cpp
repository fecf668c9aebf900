// For tests that link tcmalloc and run under AddressSanitizer: what gperftools allocates before main
// and keeps for ever is no leak of ours.
extern "C" __attribute__((visibility("default"), used)) const char* __lsan_default_suppressions() {
  return "leak:MallocExtension::Register\n";
}
