#include "crew.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <variant>

#include <autodiff/error.hpp>
#include <models/training/checkpoint.hpp>

#ifdef DOWNHILL_HAVE_RANKS
#include <models/ranks/data_parallel.hpp>
#endif

using namespace downhill;

namespace {

// How many processes a launcher has started: Open MPI's, MPICH's or Slurm's. Known before MPI is. Where mpirun runs
// under Slurm, both have set theirs, and mpirun's is the one.
std::size_t launched() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"})
    if (const char* text = std::getenv(name); text != nullptr)
      return static_cast<std::size_t>(std::max(std::atoi(text), 1));
  return 1;
}

// Methods without steps have no checkpoints, and remember the same everywhere.
void demand_none(const Keeping& keeping, std::string_view method) {
  if (!keeping.checkpoint.empty() || keeping.shard)
    throw OptionError(
        fmt::format("--{}: {} takes all samples at once; take a method with a learning rate, such as adam",
                    keeping.shard ? "shard" : "checkpoint", method));
}

}  // namespace

#ifdef DOWNHILL_HAVE_RANKS

struct Crew::Others {
  DataParallel ranks;
};

Crew::Crew(const Keeping& keeping) : keeping_(keeping) {
  const std::size_t started = launched();
  if (started == 1) return;
  others_ = std::make_unique<Others>(
      Others{DataParallel({.shard = keeping.shard, .checkpoint = keeping.checkpoint, .resume = keeping.resume})});
  if (size() != started)
    throw OptionError(
        fmt::format("{} processes were started, and MPI knows of {}: each would train alone and write the "
                    "same files; start them with the mpirun of the MPI that downhill was built with",
                    started, size()));
  if (!is_first() && std::freopen("/dev/null", "w", stdout) == nullptr) throw OptionError("/dev/null cannot be opened");
}

std::size_t Crew::rank() const { return others_ ? others_->ranks.rank() : 0; }
std::size_t Crew::size() const { return others_ ? others_->ranks.size() : 1; }

void Crew::end_all(std::string_view why, int code) const { others_->ranks.end_all(why, code); }
void Crew::wait_for_all() const {
  if (others_) others_->ranks.wait_for_all();
}
std::vector<double> Crew::gathered(const std::vector<double>& own) const {
  return others_ ? others_->ranks.gathered(own) : own;
}

TableScaling Crew::standardise(std::span<const float> rows, std::size_t columns) const {
  return others_ ? downhill::standardise(others_->ranks, rows, columns) : downhill::standardise(rows, columns);
}

Metrics Crew::evaluate(const Network& network, const Samples<float>& own, Loss loss) const {
  return others_ ? downhill::evaluate(others_->ranks, network, own, loss) : downhill::evaluate(network, own, loss);
}

#else

struct Crew::Others {};

Crew::Crew(const Keeping& keeping) : keeping_(keeping) {
  if (launched() > 1)
    throw OptionError(
        fmt::format("{} processes were started, and this downhill was built without MPI: each would train alone and "
                    "write the same files; start one, or install MPI (setup.sh --all) and build it again",
                    launched()));
}

std::size_t Crew::rank() const { return 0; }
std::size_t Crew::size() const { return 1; }

void Crew::end_all(std::string_view, int) const { std::abort(); }
void Crew::wait_for_all() const {}
std::vector<double> Crew::gathered(const std::vector<double>& own) const { return own; }

TableScaling Crew::standardise(std::span<const float> rows, std::size_t columns) const {
  return downhill::standardise(rows, columns);
}

Metrics Crew::evaluate(const Network& network, const Samples<float>& own, Loss loss) const {
  return downhill::evaluate(network, own, loss);
}

#endif

Crew::~Crew() = default;

Dataset Crew::with_all_rows(const Dataset& own, const std::vector<std::string>& columns) const {
  std::vector<std::vector<double>> here;
  for (const std::string& name : columns) here.push_back(own.column(name));
  std::vector<double> rows;
  for (std::size_t i = 0; i < own.rows(); ++i)
    for (const std::vector<double>& column : here) rows.push_back(column[i]);
  const std::vector<double> by_process = gathered(rows);

  Dataset all{.source = own.source, .names = {"inputs"}, .values = {}};
  all.names.insert(all.names.end(), columns.begin(), columns.end());
  const std::size_t count = by_process.size() / columns.size();
  all.values.assign(count * all.columns(), 0.0);
  auto value = by_process.begin();
  for (std::size_t process = 0; process < size(); ++process)
    for (std::size_t row = process; row < count; row += size())
      for (std::size_t k = 0; k < columns.size(); ++k) all.values[row * all.columns() + 1 + k] = *value++;
  return all;
}

PartOfSamples<float> Crew::own_part(const Samples<float>& own, std::span<const std::size_t> rows) const {
  PartOfSamples<float> part{.samples = {}, .numbers = {}, .of = rows.size()};
  std::vector<std::size_t> here;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i] % size() == rank()) here.push_back(rows[i] / size()), part.numbers.push_back(i);
  part.samples = own.rows(here);
  return part;
}

std::vector<std::size_t> Crew::sum(const std::vector<std::size_t>& counts) const {
  const std::vector<double> all = gathered({counts.begin(), counts.end()});
  std::vector<std::size_t> result(counts.size());
  for (std::size_t i = 0; i < all.size(); ++i) result[i % counts.size()] += static_cast<std::size_t>(all[i]);
  return result;
}

TrainingResult Crew::fit(Network& network, const PartOfSamples<float>& samples, const Method& method,
                         const TrainingOptions<float>& options, ProgressBar& bar) const {
  return std::visit(
      [&]<class M>(const M& by) {
        if constexpr (!FirstOrderMethod<M>) demand_none(keeping_, M::name);
#ifdef DOWNHILL_HAVE_RANKS
        if (others_) return others_->ranks.fit(network, samples, by, options, bar);
#endif
        if constexpr (FirstOrderMethod<M>) {
          Trainer<Network, M> trainer(network, samples.samples, by, options);
          if (keeping_.resume) load(trainer, keeping_.checkpoint);
          if (keeping_.checkpoint.empty()) return trainer.run(bar);
          return trainer.run(save_every(trainer, keeping_.checkpoint), bar);
        } else {
          return downhill::fit(network, samples.samples, by, options, bar);
        }
      },
      method);
}
