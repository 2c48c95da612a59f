#include <autodiff/threads.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>

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
namespace threads_detail {
void run(std::size_t pieces, std::size_t team, Piece piece, void* work) {
  std::exception_ptr thrown;
#pragma omp parallel for num_threads(static_cast<int>(team)) schedule(dynamic)
  for (std::size_t i = 0; i < pieces; ++i) try {
      piece(work, i, static_cast<std::size_t>(omp_get_thread_num()));
    } catch (...) {
#pragma omp critical(downhill_thrown)
      thrown = std::current_exception();
    }
  if (thrown) std::rethrow_exception(thrown);
}
}  // namespace threads_detail
#else
void set_threads(std::size_t) {}
namespace threads_detail {
void run(std::size_t pieces, std::size_t, Piece piece, void* work) {
  for (std::size_t i = 0; i < pieces; ++i) piece(work, i, 0);
}
}  // namespace threads_detail
#endif
std::size_t threads() { return threads_set; }

}  // namespace downhill
