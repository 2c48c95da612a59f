#pragma once
/// \file
/// Programs as text.

#include <fmt/format.h>

#include <string>

#include <autodiff/program/variants.hpp>

namespace downhill {

template <class T>
class Program;

namespace program_detail {

/// What was recorded, and below it what became of it, of each variant.
template <class T>
std::string text_of(ProgramState<T>& state);

}  // namespace program_detail

}  // namespace downhill

template <class T>
struct fmt::formatter<downhill::Program<T>> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const downhill::Program<T>& program, Context& context) const {
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
