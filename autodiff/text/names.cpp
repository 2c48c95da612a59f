#include <autodiff/text/names.hpp>

#include <fmt/format.h>

#include <autodiff/error.hpp>
#include <autodiff/text/utf8.hpp>

namespace downhill {

void refuse_name(std::string_view kind, std::string_view name, std::span<const std::string_view> known) {
  throw OptionError(
      fmt::format("there is no {} '{}'; there are {}", kind, utf8::printable(name), fmt::join(known, ", ")));
}

}  // namespace downhill
