#include <autodiff/text/terminal.hpp>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace downhill {

bool is_terminal([[maybe_unused]] std::FILE* stream) {
#if __has_include(<unistd.h>)
  const int file = ::fileno(stream);
  return file >= 0 && ::isatty(file) == 1;
#else
  return false;
#endif
}

}  // namespace downhill
