#include <autodiff/threads.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>

namespace downhill {
namespace {

std::atomic<std::size_t> threads_set{1};

}  // namespace

#ifdef _OPENMP
void set_threads(std::size_t count) {
  constexpr std::size_t most = 1024;
  threads_set = count == 0 ? std::max<std::size_t>(1, std::thread::hardware_concurrency()) : std::min(count, most);
}
namespace threads_detail {
void run(std::size_t pieces, std::size_t team, Piece piece, void* work) {
  std::exception_ptr thrown;
  std::atomic<std::size_t> members{0}, next{0};
#pragma omp parallel num_threads(static_cast<int>(team))
  {
    const std::size_t member = members++;
    for (std::size_t i = next++; i < pieces; i = next++) try {
        piece(work, i, member);
      } catch (...) {
#pragma omp critical(downhill_thrown)
        thrown = std::current_exception();
      }
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
