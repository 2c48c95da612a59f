#pragma once
/// \file
/// A mark: where a tape stood.

#include <cstddef>
#include <cstdint>

#include <autodiff/tape/arena.hpp>

namespace downhill {

/// A place on a tape to rewind to. Made by Tape::mark.
class Mark {
  template <class T>
  friend class Tape;
  const void* tape_ = nullptr;
  std::size_t bytes_ = 0, slots_ = 0, parameters_ = 0, names_ = 0, blocks_ = 0;
  std::uint32_t generation_ = 0;
  Arena::Mark arena_;
};

}  // namespace downhill
