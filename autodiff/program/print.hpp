#pragma once
/// \file
/// Programs as text.

#include <fmt/format.h>

#include <cstddef>
#include <string>

#include <autodiff/program/variants.hpp>

namespace downhill {

template <class T, std::size_t results>
class Program;

namespace program_detail {

/// What was recorded, and below it what became of it, of each variant.
template <class T>
std::string text_of(ProgramState<T>& state);

}  // namespace program_detail

}  // namespace downhill

template <class T, std::size_t results>
struct fmt::formatter<downhill::Program<T, results>> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const downhill::Program<T, results>& program, Context& context) const {
    return fmt::formatter<std::string_view>::format(downhill::program_detail::text_of(*program.state()), context);
  }
};
template <>
struct fmt::formatter<downhill::Variants> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const downhill::Variants& variants, Context& context) const {
    return fmt::formatter<std::string_view>::format(text_of(variants), context);
  }

 private:
  static std::string text_of(const downhill::Variants& variants);
};
