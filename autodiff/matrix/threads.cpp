#include <autodiff/matrix/threads.hpp>

#include <algorithm>
#include <atomic>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace downhill {
namespace {

std::atomic<std::size_t> threads_set{1};

}  // namespace

#ifdef _OPENMP
void set_threads(std::size_t count) {
  constexpr std::size_t most = 1024;
  threads_set = count == 0 ? static_cast<std::size_t>(omp_get_num_procs()) : std::min(count, most);
}
#else
void set_threads(std::size_t) {}
#endif
std::size_t threads() { return threads_set; }

}  // namespace downhill
