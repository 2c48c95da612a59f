#include <models/ranks/gradient_sum.hpp>

#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

namespace downhill {
namespace {

template <class T>
MPI_Datatype type_of() {
  return sizeof(T) == sizeof(float) ? MPI_FLOAT : MPI_DOUBLE;
}

std::size_t piece_for(std::size_t parameters, std::size_t asked) {
  if (asked > 0) return asked;
  constexpr std::size_t least = std::size_t{1} << 16, most = std::size_t{1} << 20;
  return std::clamp(parameters / 32, least, most);
}

}  // namespace

// The pieces go out from the last to the first, as sweeps come to them, in the same order on all ranks.
template <class T>
struct GradientSum<T>::Messages {
  // What MPI is told of one piece: it reads the numbers until the message is through.
  struct Piece {
    std::atomic<std::size_t> left = 0;  // parameters that are not final
    std::vector<int> sent, sent_from, got, got_to;
    MPI_Request exchange = MPI_REQUEST_NULL, gather = MPI_REQUEST_NULL;
  };
  explicit Messages(std::size_t count) : pieces(count) {}

  std::vector<Piece> pieces;
  MPI_Comm talk = MPI_COMM_NULL, exchange = MPI_COMM_NULL, gather = MPI_COMM_NULL;
  std::thread::id owner = std::this_thread::get_id();
  std::size_t sent = 0, summed = 0;  // pieces, counted from the last one
  std::vector<double> losses;
  double loss = 0;
  MPI_Request of_loss = MPI_REQUEST_NULL;
};

template <class T>
GradientSum<T>::GradientSum(Ranks ranks, std::size_t parameters, const GradientSumOptions& options)
    : ranks_(std::move(ranks)),
      rank_(ranks_.rank()),
      size_(ranks_.size()),
      parameters_(parameters),
      length_(piece_for(parameters, options.piece)),
      pieces_((parameters + length_ - 1) / length_),
      shard_(options.shard && size_ > 1),
      overlap_(options.overlap),
      any_order_(options.reduction == Reduction::any && !shard_),
      mine_(parameters),
      messages_(std::make_unique<Messages>(pieces_)) {
  const Ranks::Handles handles = ranks_.handles();
  messages_->talk = MPI_Comm_f2c(handles.talk);
  messages_->exchange = MPI_Comm_f2c(handles.exchange);
  messages_->gather = MPI_Comm_f2c(handles.gather);
  messages_->losses.resize(size_);
  if (size_ > 1 && !any_order_) received_.resize(size_ * ((length_ + size_ - 1) / size_) * pieces_);
  for (std::size_t i = 0; i < pieces_; ++i) {
    typename Messages::Piece& piece = messages_->pieces[i];
    const std::size_t own = share_of(i, rank_).count;
    for (std::size_t other = 0; other < size_; ++other) {
      const Share share = share_of(i, other);
      piece.sent.push_back(static_cast<int>(share.count));
      piece.sent_from.push_back(static_cast<int>(share.first - begin_of(i)));
      piece.got.push_back(static_cast<int>(own));
      piece.got_to.push_back(static_cast<int>(own * other));
    }
    places_.push_back(own_size_);
    own_size_ += own;
  }
  if (shard_)
    own_.resize(own_size_);
  else
    own_size_ = parameters_;
}

template <class T>
GradientSum<T>::~GradientSum() = default;

template <class T>
void GradientSum<T>::begin(double weight) {
  weight_ = weight;
  messages_->sent = messages_->summed = 0;
  for (std::size_t i = 0; i < pieces_; ++i) messages_->pieces[i].left = length_of(i);
}

template <class T>
void GradientSum<T>::add_loss(double part) {
  messages_->loss = part;
  MPI_Iallgather(&messages_->loss, 1, MPI_DOUBLE, messages_->losses.data(), 1, MPI_DOUBLE, messages_->talk,
                 &messages_->of_loss);
}

template <class T>
void GradientSum<T>::take(const ParameterTile& tile, T*, const T* adjoints) noexcept {
  const T weight = static_cast<T>(weight_);
  for (std::size_t row = 0; row < tile.rows; ++row) {
    const T* const from = adjoints + row * tile.adjoint_stride;
    const std::size_t first = tile.first + row * tile.stride;
    std::transform(from, from + tile.columns, mine_.begin() + static_cast<std::ptrdiff_t>(first),
                   [weight](T adjoint) { return weight * adjoint; });
    is_final(first, tile.columns);
  }
  if (overlap_ && std::this_thread::get_id() == messages_->owner) advance();
}

template <class T>
void GradientSum<T>::take_nothing() {
  std::ranges::fill(mine_, T(0));
  is_final(0, parameters_);
}

template <class T>
void GradientSum<T>::is_final(std::size_t first, std::size_t count) {
  const std::size_t last = first + count;
  while (first < last) {
    const std::size_t piece = first / length_, end = std::min(last, begin_of(piece + 1));
    messages_->pieces[piece].left.fetch_sub(end - first, std::memory_order_acq_rel);
    first = end;
  }
}

// Sends what is final, in order, and looks whether the oldest message is through; any call of MPI_Test moves them all.
template <class T>
void GradientSum<T>::advance() {
  if (size_ == 1) return;
  Messages& all = *messages_;
  for (; all.sent < pieces_; ++all.sent) {
    const std::size_t i = pieces_ - 1 - all.sent;
    typename Messages::Piece& piece = all.pieces[i];
    if (piece.left.load(std::memory_order_acquire) > 0) break;
    T* const values = mine_.data() + begin_of(i);
    if (any_order_)
      MPI_Iallreduce(MPI_IN_PLACE, values, static_cast<int>(length_of(i)), type_of<T>(), MPI_SUM, all.exchange,
                     &piece.exchange);
    else
      MPI_Ialltoallv(values, piece.sent.data(), piece.sent_from.data(), type_of<T>(),
                     received_.data() + i * (received_.size() / pieces_), piece.got.data(), piece.got_to.data(),
                     type_of<T>(), all.exchange, &piece.exchange);
  }
  for (; all.summed < all.sent; ++all.summed) {
    const std::size_t i = pieces_ - 1 - all.summed;
    int is_through = 0;
    MPI_Test(&all.pieces[i].exchange, &is_through, MPI_STATUS_IGNORE);
    if (is_through == 0) return;
    if (!any_order_) add_up(i);
  }
}

template <class T>
void GradientSum<T>::add_up(std::size_t i) {
  const Share share = share_of(i, rank_);
  T* const to = shard_ ? own_.data() + places_[i] : mine_.data() + share.first;
  const T* from = received_.data() + i * (received_.size() / pieces_);
  std::copy_n(from, share.count, to);
  for (std::size_t other = 1; other < size_; ++other) {
    from += share.count;
    for (std::size_t k = 0; k < share.count; ++k) to[k] += from[k];
  }
  if (shard_) return;
  typename Messages::Piece& piece = messages_->pieces[i];
  MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, mine_.data() + begin_of(i), piece.sent.data(),
                  piece.sent_from.data(), type_of<T>(), messages_->gather, &piece.gather);
}

template <class T>
double GradientSum<T>::finish() {
  const auto began = std::chrono::steady_clock::now();
  Messages& all = *messages_;
  if (size_ > 1) {
    while (all.summed < pieces_) {
      advance();
      if (all.summed < all.sent) MPI_Wait(&all.pieces[pieces_ - 1 - all.summed].exchange, MPI_STATUS_IGNORE);
    }
    for (typename Messages::Piece& piece : all.pieces) MPI_Wait(&piece.gather, MPI_STATUS_IGNORE);
  }
  MPI_Wait(&all.of_loss, MPI_STATUS_IGNORE);
  waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  double loss = all.losses[0];
  for (std::size_t other = 1; other < size_; ++other) loss += all.losses[other];
  return loss;
}

template <class T>
void GradientSum<T>::gather(std::span<T> of_all) const {
  if (!shard_) return;
  std::vector<MPI_Request> requests(pieces_, MPI_REQUEST_NULL);
  for (std::size_t i = 0; i < pieces_; ++i) {
    const typename Messages::Piece& piece = messages_->pieces[i];
    MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, of_all.data() + begin_of(i), piece.sent.data(),
                    piece.sent_from.data(), type_of<T>(), messages_->gather, &requests[i]);
  }
  MPI_Waitall(static_cast<int>(pieces_), requests.data(), MPI_STATUSES_IGNORE);
}

template class GradientSum<float>;
template class GradientSum<double>;

}  // namespace downhill
