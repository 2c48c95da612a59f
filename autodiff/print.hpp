#pragma once
/// \file
/// Vars and Duals as text: they are printed as the number that they hold, with every format of that number.
/// `fmt::print("{:.3f}", x)`, `std::cout << x`.

#include <fmt/format.h>

#include <ostream>

#include <autodiff/dual.hpp>
#include <autodiff/variable.hpp>

namespace downhill {

template <class T>
std::ostream& operator<<(std::ostream& out, const Var<T>& x) {
  return out << x.value();
}
template <class T, std::size_t N>
std::ostream& operator<<(std::ostream& out, const Dual<T, N>& x) {
  return out << x.value();
}

}  // namespace downhill

template <class T, class Char>
struct fmt::formatter<downhill::Var<T>, Char> : fmt::formatter<T, Char> {
  template <class Context>
  auto format(const downhill::Var<T>& x, Context& context) const {
    return fmt::formatter<T, Char>::format(x.value(), context);
  }
};
template <class T, std::size_t N, class Char>
struct fmt::formatter<downhill::Dual<T, N>, Char> : fmt::formatter<T, Char> {
  template <class Context>
  auto format(const downhill::Dual<T, N>& x, Context& context) const {
    return fmt::formatter<T, Char>::format(x.value(), context);
  }
};
