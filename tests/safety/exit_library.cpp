// A shared library of the program that owns the Server: see exit_program.cpp. Its static is
// destroyed in the library's turn, after the statics of the program.
#include <memory>
#include <utility>

namespace {

std::shared_ptr<void> kept;

}  // namespace

// The program's code destroys what is kept.
__attribute__((visibility("default"))) void KeepInLibrary(std::shared_ptr<void> server) {
  kept = std::move(server);
}
