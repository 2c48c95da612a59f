#include <autodiff/descent/stop.hpp>

#include <fmt/format.h>

#include <autodiff/text/counted.hpp>
#include <autodiff/text/names.hpp>

namespace downhill {

std::string_view name(StopReason reason) { return enumerator_name(reason); }

std::string PatienceCounter::why(std::string_view value, std::string_view round) const {
  const std::string far =
      patience_.minimum_change > 0 ? fmt::format(" more than {:.3g}", patience_.minimum_change) : "";
  return fmt::format("the {} has not come{} below {:.6g} for {}", value, far, state_.least,
                     counted(patience_.rounds, round));
}

}  // namespace downhill
