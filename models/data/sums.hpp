#pragma once
/// \file
/// Programs over Samples: what a program gives for each sample of a data set, summed or one by one.
///
///     const auto samples = targets_of<double>(read_csv("points.csv"), {"y"});
///     const auto program = record([](const auto& w, const auto& s) { return square(w[0] * s[0] + w[1] - s[1]); }, 2,
///     2); const auto result = minimize(mean_over(samples, program), {0, 0}, Lbfgs{});
///
/// A sample is its inputs, then its label as a number where there is one, then its targets.

#include <cstddef>
#include <string_view>

#include <autodiff/program.hpp>
#include <models/data/samples.hpp>

namespace downhill {

namespace samples_detail {
// Throws ShapeError where the samples are not whole or have not so many numbers each.
template <class T>
program_detail::Columns<T> columns_of(const Samples<T>& samples, std::size_t per_sample, std::string_view operation);
extern template program_detail::Columns<float> columns_of(const Samples<float>&, std::size_t, std::string_view);
extern template program_detail::Columns<double> columns_of(const Samples<double>&, std::size_t, std::string_view);
}  // namespace samples_detail

/// As `sum_over`, `mean_over`, `each_over` and `residuals_over` of rows (program.hpp). The samples must outlive it and
/// keep their places. Throws ShapeError where they are not whole, or a sample has not as many numbers as the program
/// was recorded with.
template <class T>
SumOver<T> sum_over(const Samples<T>& samples, const Program<T>& program, const SumOptions<T>& options = {}) {
  return {program.state(), "sum_over", samples_detail::columns_of(samples, program.per_sample(), "sum_over"), options,
          false};
}
template <class T>
SumOver<T> mean_over(const Samples<T>& samples, const Program<T>& program, const SumOptions<T>& options = {}) {
  return {program.state(), "mean_over", samples_detail::columns_of(samples, program.per_sample(), "mean_over"), options,
          true};
}
template <class T, std::size_t results>
EachOver<T> each_over(const Samples<T>& samples, const Program<T, results>& program, const EachOptions& options = {}) {
  return {program.state(), samples_detail::columns_of(samples, program.per_sample(), "each_over"), options};
}
template <std::size_t results>
ResidualsOver residuals_over(const Samples<double>& samples, const Program<double, results>& program) {
  return {program.state(), samples_detail::columns_of(samples, program.per_sample(), "residuals_over")};
}

/// Not over temporary samples, which would be gone when it is evaluated.
template <class T>
SumOver<T> sum_over(const Samples<T>&&, const Program<T>&, const SumOptions<T>& = {}) = delete;
template <class T>
SumOver<T> mean_over(const Samples<T>&&, const Program<T>&, const SumOptions<T>& = {}) = delete;
template <class T, std::size_t results>
EachOver<T> each_over(const Samples<T>&&, const Program<T, results>&, const EachOptions& = {}) = delete;
template <std::size_t results>
ResidualsOver residuals_over(const Samples<double>&&, const Program<double, results>&) = delete;

}  // namespace downhill
