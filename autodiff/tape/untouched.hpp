#pragma once
/// \file
/// Memory of zeros that costs nothing until it is written: where there are pages, those that nobody writes are never
/// mapped.

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>

namespace downhill {

namespace untouched_detail {

void zero(void* begin, std::size_t bytes);

}  // namespace untouched_detail

/// Numbers that are 0 at first. A sweep has an adjoint for every parameter in it, and most of them stay untouched.
template <class T>
class Untouched {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  /// The first number; nullptr where there are none.
  T* data() const { return begin_.get(); }
  std::size_t size() const { return size_; }
  /// So many zeros, in place of what was there. Throws std::bad_alloc, and then there are none.
  void assign(std::size_t count) {
    clear();
    if (count == 0) return;
    if (count > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T)) throw std::bad_alloc();
    begin_.reset(static_cast<T*>(std::calloc(count, sizeof(T))));
    if (begin_ == nullptr) throw std::bad_alloc();
    size_ = count;
  }
  /// Makes these numbers 0 again. Where they are many, their pages go back to the system, which has zeros when it is
  /// asked again.
  void zero(std::size_t first, std::size_t count) { untouched_detail::zero(data() + first, count * sizeof(T)); }
  /// Gives the memory back.
  void clear() {
    begin_.reset();
    size_ = 0;
  }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> begin_;
  std::size_t size_ = 0;
};

}  // namespace downhill
