#pragma once
/// \file
/// A block: a statement with code of its own in place of edges, such as a matrix operation.

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/tape/arena.hpp>
#include <autodiff/tape/parameter_sink.hpp>
#include <autodiff/tape/work.hpp>

namespace downhill {

template <class T>
class Tape;
template <class T>
class Var;

/// Consecutive slots.
struct Run {
  std::size_t first = 0, count = 0;
};

/// Rows and columns; 0 x 0 where there are none to speak of.
struct Shape {
  std::size_t rows = 0, columns = 0;
};

/// A whole segment of a program, or a matrix operation. The sweep runs the plain loop between two blocks.
template <class T>
struct Block {
  virtual ~Block() = default;
  virtual std::string_view name() const = 0;
  /// The slots that it depends on, in runs.
  virtual std::span<const Run> parents() const = 0;
  /// For those who print it: how the results lie, and each run of parents; and what it takes beside them.
  virtual Shape shape() const { return {}; }
  virtual Shape parent_shape(std::size_t) const { return {}; }
  struct Constant {
    std::size_t run;  // the run of parents that it comes before
    Shape shape;
    std::vector<T> elements;  // row by row
  };
  virtual std::vector<Constant> constants() const { return {}; }
  /// One that does the same for each of many samples says how many, and can be opened at one of them.
  virtual std::size_t samples() const { return 0; }
  /// Takes the steps for a sample on another tape, and appends its results: where there are as many for each sample,
  /// those that are its own, otherwise the part that it has in the only one.
  virtual void open(std::size_t, Tape<T>&, std::vector<Var<T>>& /*results*/) const {}
  /// adjoint[parents] += J' adjoint[results], the results from this slot on.
  virtual void pull_back(std::size_t first_result, T* adjoint) const = 0;
  /// The same, but the adjoints of one run of its parents, parameters that it alone uses, go to a sink in tiles, each
  /// as soon as it is there, and `adjoint` is not touched for them. False, and nothing was done, where it cannot do so.
  virtual bool pull_back_to(std::size_t /*first_result*/, T* /*adjoint*/, const Run& /*parameters*/,
                            const WayToSink<T>& /*way*/) const {
    return false;
  }
  /// What it takes, by counting, with so many results (cost.hpp). Unless a block says so itself, what the sizes of its
  /// runs tell, which is not complete: each parent and each result is read or written once, and so are their adjoints,
  /// with one addition for each parent.
  virtual BlockWork work(std::size_t results) const {
    double of_parents = 0;
    for (const Run& run : parents()) of_parents += static_cast<double>(run.count);
    const double parent_bytes = of_parents * sizeof(T), result_bytes = static_cast<double>(results * sizeof(T));
    return {.forward = {.read = parent_bytes, .written = result_bytes},
            .reverse = {.operations = of_parents, .read = parent_bytes + result_bytes, .written = parent_bytes},
            .is_complete = false};
  }
};

/// The blocks of a tape, in an arena that a rewind gives back.
template <class T>
class Blocks {
  struct Destroy {
    void operator()(Block<T>* block) const { block->~Block(); }
  };

 public:
  struct Placed {
    std::unique_ptr<Block<T>, Destroy> block;
    std::size_t bytes, first_result, results;  // it stands behind so many bytes of statements
  };

  /// A block of class B, made from the arguments.
  template <class B, class... A>
  const B& append(Arena& arena, std::size_t bytes, std::size_t first_result, std::size_t results, A&&... arguments) {
    static_assert(alignof(B) <= Arena::alignment);
    B* const made = ::new (arena.take(sizeof(B))) B(std::forward<A>(arguments)...);
    std::unique_ptr<Block<T>, Destroy> block(made);
    placed_.push_back({std::move(block), bytes, first_result, results});
    return *made;
  }
  void rewind(std::size_t count) { placed_.erase(placed_.begin() + static_cast<std::ptrdiff_t>(count), placed_.end()); }
  std::size_t size() const { return placed_.size(); }
  auto rbegin() const { return placed_.rbegin(); }
  auto rend() const { return placed_.rend(); }

 private:
  std::vector<Placed> placed_;
};

}  // namespace downhill
