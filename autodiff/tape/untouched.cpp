#include <autodiff/tape/untouched.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace downhill::untouched_detail {

void zero(void* begin, std::size_t bytes) {
#ifdef __linux__
  // To map pages again costs more than to write them, so little memory is kept.
  constexpr std::size_t much = std::size_t{1} << 26;
  if (bytes >= much) {
    static const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    auto* const first = static_cast<std::byte*>(begin);
    const auto from = reinterpret_cast<std::uintptr_t>(first);
    const std::size_t before = (page - from % page) % page, whole = (bytes - before) / page * page;
    if (madvise(first + before, whole, MADV_DONTNEED) == 0) {
      std::memset(first, 0, before);
      std::memset(first + before + whole, 0, bytes - before - whole);
      return;
    }
  }
#endif
  if (bytes > 0) std::memset(begin, 0, bytes);
}

}  // namespace downhill::untouched_detail
