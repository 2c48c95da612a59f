#pragma once
// Who trains: this process alone, or together with the others that mpirun has started. What is the same for both is
// written once: alone, this process has all rows, and is the first.

#include <cstddef>
#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/descent/observers.hpp>
#include <models/data/csv.hpp>
#include <models/data/dataset.hpp>
#include <models/network/network.hpp>
#include <models/ranks/part.hpp>
#include <models/training/training.hpp>

#include "command.hpp"
#include "methods.hpp"

/// Where a training is kept, and how the crew shares it.
struct Keeping {
  std::string checkpoint;
  bool resume = false, shard = false;
};

class Crew {
 public:
  using Network = downhill::Mlp<float>;

  /// Throws OptionError where several processes were started that cannot talk to each other. The others than the first
  /// print nothing on stdout.
  explicit Crew(const Keeping& keeping);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew();

  std::size_t rank() const;
  std::size_t size() const;
  bool is_first() const { return rank() == 0; }

  /// Calls work(); in a crew, what it throws ends all of it with the exit code that it stands for.
  template <class Work>
  void guard(Work&& work) const {
    if (size() == 1) return work();
    try {
      work();
    } catch (const NotReached& error) {
      end_all(error.what(), 1);
    } catch (const std::exception& error) {
      end_all(error.what(), 2);
    }
  }

  /// How a table is read by this process: every size()-th row.
  downhill::CsvOptions rows() const { return {.part = rank(), .parts = size()}; }
  /// All rows of these columns, behind one of zeros that stands for the inputs.
  downhill::Dataset with_all_rows(const downhill::Dataset& own, const std::vector<std::string>& columns) const;
  /// Which of the rows of all processes, in this order, are here.
  downhill::PartOfSamples<float> own_part(const downhill::Samples<float>& own, std::span<const std::size_t> rows) const;
  downhill::TableScaling standardise(std::span<const float> rows, std::size_t columns) const;
  downhill::Metrics evaluate(const Network& network, const downhill::Samples<float>& own, downhill::Loss loss) const;
  /// Adds up what each process has counted.
  std::vector<std::size_t> sum(const std::vector<std::size_t>& counts) const;
  downhill::TrainingResult fit(Network& network, const downhill::PartOfSamples<float>& samples, const Method& method,
                               const downhill::TrainingOptions<float>& options, downhill::ProgressBar& bar) const;
  /// Returns when all have come here: what the first one has written is written.
  void wait_for_all() const;

 private:
  // What each process gives, one behind the other.
  std::vector<double> gathered(const std::vector<double>& own) const;
  [[noreturn]] void end_all(std::string_view why, int code) const;

  Keeping keeping_;
  struct Others;
  std::unique_ptr<Others> others_;  // none where this process is alone
};
