#pragma once
/// \file
/// A program over many samples: in blocks of lanes, block after block, by as many threads as there are.
///
/// Blocks are gathered in chunks, chunks in waves, both of a fixed size. Threads share the chunks of a wave, and what a
/// chunk adds up is added to the total in the order of the chunks: the same bits for any number of threads, in memory
/// for one wave.

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <autodiff/program/lanes.hpp>
#include <autodiff/program/misuse.hpp>
#include <autodiff/program/numbers.hpp>
#include <autodiff/program/variants.hpp>

namespace downhill::program_detail {

/// Where the numbers of samples are: a column for each number of a sample, in memory of the user's. With a step of 0 it
/// is the same number for all samples.
template <class T>
struct Columns {
  struct Column {
    const T* numbers = nullptr;
    const std::size_t* labels = nullptr;  // in place of numbers
    std::size_t step = 1;
    T at(std::size_t sample) const {
      return labels == nullptr ? numbers[sample * step] : static_cast<T>(labels[sample]);
    }
  };
  /// The column that begins at one of these numbers, of which there may be none.
  static Column from(const T* numbers, std::size_t first, std::size_t step) {
    return {.numbers = numbers == nullptr ? nullptr : numbers + first, .step = step};
  }
  std::size_t samples = 0;
  std::vector<Column> columns = {};
  bool is_row_major = false;     // do they stand side by side, row after row?
  std::size_t same_for_all = 0;  // so many before the first of a row: each of them is one number for all samples
};

/// Samples of so many numbers, row by row. Throws ShapeError unless these are whole rows.
template <class T>
Columns<T> columns_of(std::span<const T> rows, std::size_t per_sample, std::string_view operation) {
  if (per_sample == 0) misuse::no_numbers_in_a_sample(operation);
  if (rows.size() % per_sample != 0) misuse::broken_rows(operation, rows.size(), per_sample);
  Columns<T> columns{.samples = rows.size() / per_sample, .is_row_major = true};
  for (std::size_t j = 0; j < per_sample; ++j) columns.columns.push_back(Columns<T>::from(rows.data(), j, per_sample));
  return columns;
}

/// Samples of which each number has a column of its own. Throws ShapeError unless there is one for each number, all of
/// one length.
template <class T>
Columns<T> columns_of(std::initializer_list<Column<T>> numbers, std::size_t per_sample, std::string_view operation) {
  if (per_sample == 0) misuse::no_numbers_in_a_sample(operation);
  if (numbers.size() != per_sample) misuse::wrong_columns(operation, per_sample, numbers.size());
  Columns<T> columns{.samples = numbers.begin()->size()};
  for (const Column<T>& column : numbers) {
    if (column.size() != columns.samples) misuse::uneven_columns(operation, columns.samples, column.size());
    columns.columns.push_back({.numbers = column.data()});
  }
  return columns;
}

/// Which samples: all of them, or those with these indices.
struct Selection {
  std::size_t count = 0;
  const std::size_t* indices = nullptr;
  std::size_t operator[](std::size_t i) const { return indices == nullptr ? i : indices[i]; }
};

/// What is asked for. The gradient is that of the sum of weight * value. Of several results there is a weight and a
/// value for each, sample by sample.
template <class T>
struct Wanted {
  const T* weights = nullptr;        // one for each value, 1 where there are none
  std::span<double> gradient = {};   // along the parameters, added to; none where it is empty
  T* values = nullptr;               // of each sample
  T* sample_gradients = nullptr;     // of each value, row by row,
  std::size_t gradient_numbers = 0;  // along so many of the first numbers of a sample; 0: along all of them
  bool weighs_samples = false;       // are these those of the sum of weight * value of each sample? Otherwise there is
                                     // no gradient along the parameters beside them
};

/// Runs the program of a state. Keeps its memory: in the steady state a run allocates nothing.
template <class T>
class Runner {
 public:
  explicit Runner(std::shared_ptr<ProgramState<T>> state);
  Runner(const Runner& other);
  Runner& operator=(const Runner& other);
  Runner(Runner&&) noexcept;
  Runner& operator=(Runner&&) noexcept;
  ~Runner();

  /// The sum of weight * value.
  double operator()(std::span<const T> parameters, const Columns<T>& columns, const Selection& selection,
                    const Wanted<T>& wanted);

 private:
  class Sweep;
  std::unique_ptr<Sweep> sweep_;
};

extern template class Runner<double>;
extern template class Runner<float>;

}  // namespace downhill::program_detail
