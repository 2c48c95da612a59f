#pragma once
/// \file
/// The sum of the gradients of all ranks, which is made while each of them still sweeps.
///
/// The span of the parameters is cut into pieces. As soon as the sweep has told of all parameters of a piece, each rank
/// sends every other one its share of it, adds what it got for its own share in the order of the ranks, and the shares
/// are gathered again. So an element is always added in the same order, wherever the span is cut, and as many bytes
/// travel as with any other way of summing: 2 (n - 1) / n times the gradient.
///
/// MPI makes no progress while a rank computes: it is asked, by MPI_Test, whenever the sweep tells of parameters.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <autodiff/tape/parameter_sink.hpp>
#include <models/ranks/ranks.hpp>

namespace downhill {

/// In which order the gradients of the ranks are added.
enum class Reduction {
  in_rank_order,  ///< ((0 + 1) + 2) + 3, element by element: the same bits in every run
  any  ///< as MPI_Iallreduce chooses, which depends on the number of ranks, on sizes and on the version of MPI
};

/// How gradients are summed.
struct GradientSumOptions {
  Reduction reduction = Reduction::in_rank_order;
  bool shard = false;     ///< each rank has only its shares of the sum
  bool overlap = true;    ///< ask MPI for progress in the sweep; without it, everything waits for its end
  std::size_t piece = 0;  ///< parameters in a piece; 0: 65,536 to a million, by the number of all
};

/// Adds up gradients, step after step. It is the sink of a sweep; `begin` and `finish` are called by all ranks.
template <class T>
class GradientSum final : public ParameterSink<T> {
 public:
  GradientSum(Ranks ranks, std::size_t parameters, const GradientSumOptions& options = {});
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;
  ~GradientSum() override;

  /// A step begins. The gradient of this rank counts with this weight.
  void begin(double weight);
  /// Adds this rank's part of the loss.
  void add_loss(double part);
  /// The parameters of a tile are final on this rank.
  void take(const ParameterTile& tile, T* parameters, const T* adjoints) noexcept override;
  /// This rank has no samples in this step.
  void take_nothing();
  /// Waits for the sums. Returns the loss, in the order of the ranks and the same bits on all of them.
  double finish();

  /// The sum. With shards, only this rank's shares, one behind the other.
  std::span<const T> sum() const { return shard_ ? std::span<const T>(own_) : std::span<const T>(mine_); }
  /// How many parameters this rank's shares have; without shards, all.
  std::size_t own_size() const { return own_size_; }
  /// Calls visit(first, count, place) for each share of this rank: parameters [first, first + count) stand at `place`
  /// among its own.
  template <class Visit>
  void for_each_own(Visit&& visit) const {
    if (!shard_) return static_cast<void>(visit(std::size_t{0}, parameters_, std::size_t{0}));
    for (std::size_t i = 0, place = 0; i < pieces_; ++i) {
      const Share share = share_of(i, rank_);
      visit(share.first, share.count, place);
      place += share.count;
    }
  }
  /// Every rank has the numbers of its shares in the span of all parameters, and gets those of the others.
  void gather(std::span<T> of_all) const;
  /// Seconds that `finish` waited, in all steps.
  double seconds_waited() const { return waited_; }

 private:
  struct Share {
    std::size_t first, count;
  };
  struct Messages;
  std::size_t begin_of(std::size_t piece) const { return std::min(parameters_, piece * length_); }
  std::size_t length_of(std::size_t piece) const { return begin_of(piece + 1) - begin_of(piece); }
  Share share_of(std::size_t piece, std::size_t rank) const {
    const std::size_t length = length_of(piece), first = length * rank / size_;
    return {begin_of(piece) + first, length * (rank + 1) / size_ - first};
  }
  void is_final(std::size_t first, std::size_t count);
  void advance();
  void add_up(std::size_t piece);

  Ranks ranks_;
  std::size_t rank_, size_, parameters_, length_, pieces_, own_size_ = 0;
  bool shard_, overlap_, any_order_;
  double weight_ = 1, waited_ = 0;
  std::vector<T> mine_, received_, own_;
  std::vector<std::size_t> places_;  // of this rank's share of each piece among its own
  std::unique_ptr<Messages> messages_;
};

extern template class GradientSum<float>;
extern template class GradientSum<double>;

}  // namespace downhill
