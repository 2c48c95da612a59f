#include "command.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <optional>
#include <system_error>

#include <autodiff/error.hpp>
#include <autodiff/files/atomic_file.hpp>
#include <autodiff/text/utf8.hpp>

std::string wrapped(std::string_view text, std::size_t width) {
  std::string lines;
  while (downhill::utf8::length(text) > width) {
    std::size_t end = text.rfind(' ', width);
    if (end == std::string_view::npos) end = text.find(' ');
    if (end == std::string_view::npos) break;
    lines += fmt::format("{}\n", text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines += text;
}

double unsigned_nan(double x) { return std::isnan(x) ? std::abs(x) : x; }

void demand_writable(const std::string& file) {
  if (!file.empty()) or_not_reached([&] { downhill::demand_writable(file); });
}

void demand_apart(const std::string& input, const std::vector<std::pair<std::string, std::string>>& outputs) {
  const auto is_same = [](const std::string& a, const std::string& b) {
    std::error_code error;
    return std::filesystem::weakly_canonical(a, error) == std::filesystem::weakly_canonical(b, error) && !error;
  };
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& [option, file] = outputs[i];
    if (file.empty()) continue;
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error) && std::filesystem::exists(file, error)) continue;  // a device
    if (!input.empty() && is_same(file, input))
      throw downhill::OptionError(fmt::format("{}: {} is what is read; give it another name", option, file));
    for (std::size_t j = 0; j < i; ++j)
      if (!outputs[j].second.empty() && is_same(file, outputs[j].second))
        throw downhill::OptionError(
            fmt::format("{}: {} is what {} writes; give it another name", option, file, outputs[j].first));
  }
}

void write_file(const std::string& file, std::string_view text, std::string_view what) {
  or_not_reached([&] { downhill::write_file(file, text); });
  fmt::print("{}: {}\n", what, file);
}
