#include <models/ranks/ranks.hpp>

#include <fmt/format.h>
#include <mpi.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <thread>

#include <autodiff/error.hpp>

namespace downhill {
namespace {

int rank_in(MPI_Comm world) {
  int rank = 0;
  MPI_Comm_rank(world, &rank);
  return rank;
}

int size_of(MPI_Comm world) {
  int size = 1;
  MPI_Comm_size(world, &size);
  return size;
}

int count_of(std::size_t count) {
  if (count > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw OptionError(fmt::format("Ranks: {} numbers in one message; MPI counts them in 31 bits", count));
  return static_cast<int>(count);
}

// MPI calls it where a message fails, instead of ending without a word of ours. The variable arguments are MPI's.
void message_failed(MPI_Comm*, int* error, ...) {  // NOLINT(cert-dcl50-cpp)
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(*error, text.data(), &length);
  fmt::print(stderr, "rank {}: a message to or from another rank failed ({}); is a rank gone? The job ends here.\n",
             rank_in(MPI_COMM_WORLD), std::string_view(text.data(), static_cast<std::size_t>(length)));
  std::fflush(stderr);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

// MPI is started once in a process, and cannot be again.
struct Mpi {
  bool is_ours = false;
  Mpi() {
    int started = 0;
    MPI_Initialized(&started);
    if (started != 0) return;
    int given = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given);
    is_ours = true;
  }
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;
  ~Mpi() {
    int ended = 0;
    MPI_Finalized(&ended);
    if (is_ours && ended == 0) MPI_Finalize();
  }
};

}  // namespace

// The pieces of a gradient are on their way in an order of their own: each kind of message has a communicator.
struct Ranks::Shared {
  MPI_Comm talk = MPI_COMM_NULL, exchange = MPI_COMM_NULL, gather = MPI_COMM_NULL;
  int rank = 0, size = 1;
  int exceptions = std::uncaught_exceptions();

  Shared() {
    static const Mpi mpi;
    rank = rank_in(MPI_COMM_WORLD), size = size_of(MPI_COMM_WORLD);
    MPI_Errhandler handler = MPI_ERRHANDLER_NULL;
    MPI_Comm_create_errhandler(message_failed, &handler);
    for (MPI_Comm* one : {&talk, &exchange, &gather}) {
      MPI_Comm_dup(MPI_COMM_WORLD, one);
      MPI_Comm_set_errhandler(*one, handler);
    }
    MPI_Errhandler_free(&handler);
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() {
    int ended = 0;
    MPI_Finalized(&ended);
    if (ended != 0) return;
    if (size > 1 && std::uncaught_exceptions() > exceptions) {  // the others would wait for ever
      fmt::print(stderr, "rank {} of {}: an exception ends the training on all ranks\n", rank, size);
      std::fflush(stderr);
      MPI_Abort(MPI_COMM_WORLD, 1);
    }
    for (MPI_Comm* one : {&talk, &exchange, &gather}) MPI_Comm_free(one);
  }
};

Ranks::Ranks() : shared_(std::make_shared<Shared>()) {}

std::size_t Ranks::rank() const { return static_cast<std::size_t>(shared_->rank); }
std::size_t Ranks::size() const { return static_cast<std::size_t>(shared_->size); }

Ranks::Handles Ranks::handles() const {
  return {static_cast<int>(MPI_Comm_c2f(shared_->talk)), static_cast<int>(MPI_Comm_c2f(shared_->exchange)),
          static_cast<int>(MPI_Comm_c2f(shared_->gather))};
}

void Ranks::sum(std::span<double> values) const {
  std::vector<double> all(values.size() * size());
  const int count = count_of(values.size());
  MPI_Allgather(values.data(), count, MPI_DOUBLE, all.data(), count, MPI_DOUBLE, shared_->talk);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = all[i];
    for (std::size_t other = 1; other < size(); ++other) values[i] += all[other * values.size() + i];
  }
}

std::vector<double> Ranks::gathered(std::span<const double> values) const {
  const int count = count_of(values.size());
  std::vector<int> counts(size()), places(size());
  MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, shared_->talk);
  std::size_t all = 0;
  for (std::size_t i = 0; i < size(); ++i) places[i] = count_of(all), all += static_cast<std::size_t>(counts[i]);
  std::vector<double> result(all);
  MPI_Allgatherv(values.data(), count, MPI_DOUBLE, result.data(), counts.data(), places.data(), MPI_DOUBLE,
                 shared_->talk);
  return result;
}

void Ranks::take_from_first(std::span<std::byte> bytes) const {
  constexpr std::size_t at_once = std::size_t{1} << 30;
  for (std::size_t i = 0; i < bytes.size(); i += at_once)
    MPI_Bcast(bytes.data() + i, count_of(std::min(at_once, bytes.size() - i)), MPI_BYTE, 0, shared_->talk);
}

std::string Ranks::of_first(std::string_view text) const {
  std::size_t length = text.size();
  take_from_first(std::span(&length, 1));
  std::string result(length, '\0');
  if (is_first()) result = text;
  take_from_first(std::span(result));
  return result;
}

void Ranks::wait_for_all() const { MPI_Barrier(shared_->talk); }

void Ranks::demand_same(std::string_view what, std::string_view text) const {
  const std::string first = of_first(text);
  if (first != text)
    throw OptionError(fmt::format("{} is {} on rank {}, and {} on rank 0; start all ranks with the same options", what,
                                  text, rank(), first));
  wait_for_all();
}

void Ranks::end_all(std::string_view why, int code) const {
  // What is wrong on all ranks is said by the first, which ends the others while they wait here.
  if (!is_first()) std::this_thread::sleep_for(std::chrono::milliseconds(500));
  std::fflush(stdout);
  fmt::print(stderr, "rank {} of {}: {}\n", rank(), size(), why);
  std::fflush(stderr);
  MPI_Abort(MPI_COMM_WORLD, code);
  std::abort();
}

}  // namespace downhill
