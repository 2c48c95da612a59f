#include <models/ranks/data_parallel.hpp>

#include <fmt/format.h>

#include <array>

#include <autodiff/error.hpp>

namespace downhill::ranks_detail {

void refuse_sharded_norm(std::string_view method) {
  throw OptionError(
      fmt::format("{}: clip_norm needs the norm of the whole gradient, and with `shard` each rank has its share of it; "
                  "clip by value, or do not shard",
                  method));
}

void agree(const Ranks& ranks, TrainingLog& log) {
  const TrainingResult now = log.result();
  std::array<int, 2> said{log.ended() ? 1 : 0, static_cast<int>(now.reason)};
  ranks.take_from_first(std::span(said));
  if (said[0] == 0) return;
  const std::string why = ranks.of_first(now.why);
  if (!log.ended()) log.end(static_cast<StopReason>(said[1]), why);
}

template <class T>
void demand_same(const Ranks& ranks, const TrainingOptions<T>& options, std::size_t samples, std::string_view method,
                 std::string_view model, const DataParallelOptions& how) {
  ranks.demand_same("the method", method);
  ranks.demand_same("the model", model);
  ranks.demand_same("the number of all samples", fmt::format("{}", samples));
  ranks.demand_same("the number of epochs", fmt::format("{}", options.epochs));
  ranks.demand_same("the batch", fmt::format("{}", options.batch));
  ranks.demand_same("the seed", fmt::format("{}", options.seed));
  ranks.demand_same("the loss", fmt::format("{} {}", name(options.loss), options.huber_delta));
  ranks.demand_same("the patience", fmt::format("{} {} {}", options.patience.rounds, options.patience.minimum_change,
                                                options.keep_best));
  ranks.demand_same("the time limit", fmt::format("{} s", options.seconds));
  ranks.demand_same("whether there are validation samples", options.validation == nullptr ? "no" : "yes");
  ranks.demand_same("`shard`", how.shard ? "true" : "false");
  ranks.demand_same("the reduction", how.reduction == Reduction::any ? "any" : "in rank order");
  ranks.demand_same("the piece", fmt::format("{}", how.piece));
  ranks.demand_same("the checkpoint", fmt::format("{} every {}{}", how.checkpoint.string(), how.checkpoint_every,
                                                  how.resume ? ", resumed" : ""));
  if (how.resume && how.checkpoint.empty())
    throw OptionError("DataParallel: `resume` without a `checkpoint`; say which file to go on from");
}

void demand_no_checkpoint(const DataParallelOptions& how, std::string_view method) {
  if (!how.checkpoint.empty())
    throw OptionError(fmt::format(
        "{} takes all samples at once, and has no checkpoints; leave them out, or take a method with a learning rate",
        method));
  if (how.shard)
    throw OptionError(fmt::format(
        "{} remembers the same on all ranks, and has nothing to shard; take a method with a learning rate", method));
}

template void demand_same(const Ranks&, const TrainingOptions<float>&, std::size_t, std::string_view, std::string_view,
                          const DataParallelOptions&);
template void demand_same(const Ranks&, const TrainingOptions<double>&, std::size_t, std::string_view, std::string_view,
                          const DataParallelOptions&);

}  // namespace downhill::ranks_detail
