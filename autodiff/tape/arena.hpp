#pragma once
/// \file
/// Memory that is taken piece by piece and given back from a mark on, all at once: a step of training takes the same
/// pieces again and again, and after the first time that is free.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

namespace downhill {

class Arena {
 public:
  static constexpr std::size_t alignment = 64;

  struct Mark {
    std::size_t chunk = 0, used = 0;
  };
  Mark mark() const { return here_; }
  /// Gives back all that was taken since. Destroys nothing.
  void rewind(const Mark& mark) { here_ = mark; }

  /// So many bytes, aligned for a vector register, that stay where they are.
  void* take(std::size_t bytes) {
    const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
    if (whole < bytes) throw std::bad_alloc();
    while (here_.chunk < chunks_.size() && chunks_[here_.chunk].size - here_.used < whole) here_ = {here_.chunk + 1, 0};
    if (here_.chunk == chunks_.size()) {
      const std::size_t size = std::max({whole, least_chunk, chunks_.empty() ? 0 : 2 * chunks_.back().size});
      chunks_.push_back({Memory(static_cast<std::byte*>(::operator new(size, std::align_val_t(alignment)))), size});
    }
    std::byte* const taken = chunks_[here_.chunk].memory.get() + here_.used;
    here_.used += whole;
    return taken;
  }
  /// n numbers, not yet set.
  template <class T>
  std::span<T> array(std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (n > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_alloc();
    T* const begin = static_cast<T*>(take(n * sizeof(T)));
    std::uninitialized_default_construct_n(begin, n);
    return {begin, n};
  }

 private:
  static constexpr std::size_t least_chunk = std::size_t{1} << 16;
  struct Free {
    void operator()(std::byte* memory) const { ::operator delete(memory, std::align_val_t(alignment)); }
  };
  using Memory = std::unique_ptr<std::byte, Free>;
  struct Chunk {
    Memory memory;
    std::size_t size;
  };
  std::vector<Chunk> chunks_;
  Mark here_;
};

}  // namespace downhill
