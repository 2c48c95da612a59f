#pragma once
/// \file
/// Matrices as text: their values, row after row, each number with every format that it has. `fmt::print("{:.3f}", m)`,
/// `std::cout << m`.

#include <fmt/format.h>

#include <ostream>
#include <string_view>

#include <autodiff/matrix/var_matrix.hpp>

namespace downhill {

/// Prints [[1, 2], and below it, under the first number, [3, 4]].
template <class T>
std::ostream& operator<<(std::ostream& out, const VarMatrix<T>& m) {
  const auto values = m.value();
  const auto width = out.width(0);  // of each number
  out << '[';
  for (Eigen::Index i = 0; i < values.rows(); ++i) {
    out << (i == 0 ? "[" : ",\n [");
    for (Eigen::Index j = 0; j < values.cols(); ++j) {
      if (j > 0) out << ", ";
      out.width(width);
      out << values(i, j);
    }
    out << ']';
  }
  return out << ']';
}

}  // namespace downhill

template <class T>
struct fmt::formatter<downhill::VarMatrix<T>> : fmt::formatter<T> {
  template <class Context>
  auto format(const downhill::VarMatrix<T>& m, Context& context) const {
    const auto values = m.value();
    const auto write = [&](std::string_view text) { context.advance_to(fmt::format_to(context.out(), "{}", text)); };
    write("[");
    for (Eigen::Index i = 0; i < values.rows(); ++i) {
      write(i == 0 ? "[" : ",\n [");
      for (Eigen::Index j = 0; j < values.cols(); ++j) {
        if (j > 0) write(", ");
        context.advance_to(fmt::formatter<T>::format(values(i, j), context));
      }
      write("]");
    }
    write("]");
    return context.out();
  }
};
