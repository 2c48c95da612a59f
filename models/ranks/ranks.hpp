#pragma once
/// \file
/// The processes of one job, its ranks, which work on one training and tell each other of it through MPI.
///
/// Sums are taken in the order of the ranks, so that they are the same bits on every rank and in every run.

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <autodiff/error.hpp>

namespace downhill {

/// All ranks of a job. The first object of a process starts MPI where nobody has; MPI then ends when the process does.
/// Copies are the same ranks. Its members are called by all ranks, in the same order, and by the thread that made it.
///
/// Where a message cannot be sent, as to a rank that is gone, the job ends and says so.
class Ranks {
 public:
  Ranks();

  /// This one, from 0.
  std::size_t rank() const;
  /// How many there are.
  std::size_t size() const;
  /// The one that prints and writes files.
  bool is_first() const { return rank() == 0; }

  /// What each rank gives, added in the order of the ranks, in place. All give as many.
  void sum(std::span<double> values) const;
  double sum(double value) const {
    sum(std::span(&value, 1));
    return value;
  }
  /// What each rank gives, one behind the other. They need not give as many.
  std::vector<double> gathered(std::span<const double> values) const;
  /// The bytes of the first rank, on all.
  void take_from_first(std::span<std::byte> bytes) const;
  template <class T, std::size_t n>
    requires std::is_trivially_copyable_v<T>
  void take_from_first(std::span<T, n> values) const {
    take_from_first(std::span<std::byte>(std::as_writable_bytes(values)));
  }
  std::string of_first(std::string_view text) const;
  /// Returns when all ranks have come here.
  void wait_for_all() const;

  /// Throws OptionError where a text is another one than on the first rank: "the batch is 64 on rank 1, and 32 on rank
  /// 0".
  void demand_same(std::string_view what, std::string_view text) const;

  /// Calls work(). What it throws ends all ranks where there are several: the others wait for this one, and would wait
  /// for ever. The message, with the rank in it, goes to stderr; the exit code is 2 for an Error of the library's, and
  /// 1 for others.
  template <std::invocable Work>
  auto guard(Work&& work) const {
    if (size() == 1) return work();
    try {
      return work();
    } catch (const Error& error) {
      end_all(error.what(), 2);
    } catch (const std::exception& error) {
      end_all(error.what(), 1);
    }
  }
  /// Ends all ranks, with this exit code. Where all of them come here, the message is said once.
  [[noreturn]] void end_all(std::string_view why, int code) const;

 private:
  template <class T>
  friend class GradientSum;
  // Communicators as MPI numbers them for Fortran, so that nobody who includes this needs MPI's headers.
  struct Handles {
    int talk, exchange, gather;
  };
  Handles handles() const;

  struct Shared;
  std::shared_ptr<const Shared> shared_;
};

}  // namespace downhill
