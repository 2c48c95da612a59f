#pragma once
/// \file
/// Threads for large operations on matrices and for large steps of an optimizer.
///
/// Work is cut into pieces by its size alone, and what a piece computes depends on nothing that another one writes. So
/// results are the same bits for any number of threads.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace downhill {

/// How many threads a large operation may use, in the whole program: 1 until it is set; 0 for as many as the machine
/// has processors. Results are the same bits for any number. Where the library was built without OpenMP, it stays 1.
void set_threads(std::size_t count);
std::size_t threads();

namespace threads_detail {

using Piece = void (*)(void* work, std::size_t piece, std::size_t member);
void run(std::size_t pieces, std::size_t team, Piece piece, void* work);

}  // namespace threads_detail

/// How many threads work on so many pieces.
inline std::size_t team_for(std::size_t pieces) { return std::max<std::size_t>(1, std::min(threads(), pieces)); }

/// Calls work(piece, member) for each piece below `pieces`, in any order and from `team` threads at once, of which
/// `member` tells one. Throws on what the work throws, one of it where several do.
template <class Work>
void in_parallel(std::size_t pieces, std::size_t team, Work&& work) {
  if (team <= 1 || pieces <= 1) {
    for (std::size_t i = 0; i < pieces; ++i) work(i, std::size_t{0});
    return;
  }
  using Kept = std::remove_reference_t<Work>;
  threads_detail::run(
      pieces, team, [](void* of, std::size_t piece, std::size_t member) { (*static_cast<Kept*>(of))(piece, member); },
      const_cast<std::remove_const_t<Kept>*>(std::addressof(work)));
}

/// Calls work(begin, end) for stretches of [0, count), where one element costs about `cost` additions: stretches that
/// are worth a thread, and begin at multiples of 16.
template <class Work>
void in_stretches(std::size_t count, std::size_t cost, Work&& work) {
  constexpr std::size_t worth_it = std::size_t{1} << 15;
  const std::size_t length = (worth_it / std::max<std::size_t>(cost, 1) / 16 + 1) * 16;
  const std::size_t pieces = count / length + 1;  // the rest goes with the last one
  in_parallel(pieces, pieces < 4 ? 1 : team_for(pieces), [&](std::size_t i, std::size_t) {
    const std::size_t begin = i * length, end = std::min(count, begin + length);
    if (begin < end) work(begin, end);
  });
}

}  // namespace downhill
