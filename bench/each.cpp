// Functions of each sample by itself, with their derivatives along its numbers.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numbers>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "programs.hpp"
#include "sums.hpp"

namespace downhill::bench {
namespace {

/// The price of a European call by Black and Scholes: spot, strike, rate, volatility, time.
struct Call {
  static constexpr std::size_t per_sample = 5, along = 5, outputs = 1;
  template <class X>
  static X normal(const X& x) {
    using std::erfc;
    return 0.5 * erfc(x * -(std::numbers::sqrt2 / 2));
  }
  template <class S>
  auto operator()(const S& s) const {
    using std::exp, std::log, std::sqrt;
    using X = std::remove_cvref_t<decltype(s[0] * s[1])>;
    const X &spot = s[0], &strike = s[1], &rate = s[2], &volatility = s[3], &time = s[4];
    const X width = volatility * sqrt(time);
    const X d1 = (log(spot / strike) + (rate + 0.5 * volatility * volatility) * time) / width, d2 = d1 - width;
    return std::array<X, 1>{spot * normal(d1) - strike * exp(-rate * time) * normal(d2)};
  }
};

/// Where a camera sees a point, less where it was seen, times a weight. Camera: rotation (axis times angle), centre,
/// focal length, principal point, two coefficients of radial distortion; then the point, the weight, and where it was
/// seen. The Jacobian is along all but the last, 15 numbers. Source: Srajer, Kukelova and Fitzgibbon (2018), after
/// Agarwal, Snavely, Seitz and Szeliski, "Bundle adjustment in the large" (2010).
struct Observation {
  static constexpr std::size_t per_sample = 17, along = 15, outputs = 2;
  template <class S>
  auto operator()(const S& s) const {
    using std::cos, std::sin, std::sqrt;
    using X = std::remove_cvref_t<decltype(s[0] * s[1])>;
    const X px = s[11] - s[3], py = s[12] - s[4], pz = s[13] - s[5];
    // Rodrigues' rotation: v cos a + (k x v) sin a + k (k . v) (1 - cos a).
    const X angle = sqrt(s[0] * s[0] + s[1] * s[1] + s[2] * s[2]), inverse = 1 / angle;
    const X kx = s[0] * inverse, ky = s[1] * inverse, kz = s[2] * inverse, c = cos(angle), sine = sin(angle);
    const X turned = (kx * px + ky * py + kz * pz) * (1 - c);
    const X x = px * c + (ky * pz - kz * py) * sine + kx * turned;
    const X y = py * c + (kz * px - kx * pz) * sine + ky * turned;
    const X z = pz * c + (kx * py - ky * px) * sine + kz * turned;
    const X u = x / z, v = y / z, radius = u * u + v * v;
    const X distortion = 1 + radius * (s[9] + radius * s[10]);
    return std::array<X, 2>{s[14] * (s[6] * (distortion * u) + s[7] - s[15]),
                            s[14] * (s[6] * (distortion * v) + s[8] - s[16])};
  }
};

/// One result of several.
template <class F, std::size_t k>
struct Output {
  template <class W, class S>
  auto operator()(const W&, const S& s) const {
    return F{}(s)[k];
  }
};

/// Several programs over the same rows: one of all results, or one of each.
struct AllOver {
  std::vector<EachOver<double>> programs = {};
  std::vector<double> values = {}, slopes = {};

  double run() {
    double sum = 0;
    const std::size_t size = slopes.size() / programs.size();
    for (std::size_t k = 0; k < programs.size(); ++k) {
      programs[k].sample_gradients(std::vector<double>{}, values, std::span(slopes).subspan(k * size, size));
      for (const double value : values) sum += value;
    }
    return sum;
  }
};
template <class F>
AllOver all_over(const std::vector<double>& rows, bool by_one_program) {
  constexpr std::size_t n = F::per_sample;
  const std::size_t samples = rows.size() / n, values = samples * (by_one_program ? F::outputs : 1);
  AllOver all{.values = std::vector<double>(values), .slopes = std::vector<double>(samples * F::outputs * F::along)};
  const EachOptions options{.along = F::along};
  if (by_one_program) {
    const auto f = [](const auto&, const auto& s) { return F{}(s); };
    all.programs.push_back(each_over(rows, record(f, 0, n), options));
  } else {
    [&]<std::size_t... k>(std::index_sequence<k...>) {
      (all.programs.push_back(each_over(rows, record(Output<F, k>{}, 0, n), options)), ...);
    }(std::make_index_sequence<F::outputs>());
  }
  return all;
}

// The outcomes are the sum of all values, and all derivatives: sample by sample, a row of each result.
template <class F>
void add_each(const std::string& name, std::vector<double> numbers) {
  constexpr std::size_t n = F::per_sample, along = F::along;
  const auto rows = std::make_shared<const std::vector<double>>(std::move(numbers));
  const std::size_t size = rows->size();
  const auto contend = [&](const std::string& what, Evaluate evaluate) {
    contenders().push_back({name, what, {}, std::move(evaluate)});
  };
  contend("P", [=](const std::vector<double>&) {
    double sum = 0;
    for (std::size_t i = 0; i < size; i += n)
      for (const double value : F{}(rows->data() + i)) sum += value;
    return Outcome{sum};
  });
  contend("eager", [=, tapes = std::make_shared<Tapes>(),
                    slopes = std::vector<double>(size / n * F::outputs * along)](const std::vector<double>&) mutable {
    double sum = 0;
    for (std::size_t i = 0; i < size; i += n) {
      tapes->tape.clear();
      tapes->tape.variables(std::span(*rows).subspan(i, n), tapes->w);
      const auto results = F{}(tapes->w);
      for (std::size_t k = 0; k < F::outputs; ++k) {
        tapes->tape.gradient(results[k], tapes->gradient);
        for (std::size_t j = 0; j < along; ++j)
          slopes[(i / n * F::outputs + k) * along + j] = tapes->gradient.parameters()[j];
        sum += results[k].value();
      }
    }
    return Outcome{sum, slopes};
  });
  contend("Dual", [=, slopes = std::vector<double>(size / n * F::outputs * along)](const std::vector<double>&) mutable {
    double sum = 0;
    for (std::size_t i = 0; i < size; i += n) {
      std::array<Dual<double, along>, n> s;
      for (std::size_t j = 0; j < n; ++j)
        s[j] = j < along ? Dual<double, along>::variable((*rows)[i + j], j) : Dual<double, along>((*rows)[i + j]);
      const auto results = F{}(s);
      for (std::size_t k = 0; k < F::outputs; ++k) {
        for (std::size_t j = 0; j < along; ++j) slopes[(i / n * F::outputs + k) * along + j] = results[k].tangent(j);
        sum += results[k].value();
      }
    }
    return Outcome{sum, slopes};
  });
  for (const std::size_t threads : {std::size_t{1}, std::size_t{2}})
    contend(threads == 1 ? "program" : "program, 2 threads",
            [=, all = std::make_shared<AllOver>(all_over<F>(*rows, true))](const std::vector<double>&) {
              set_threads(threads);
              const double sum = all->run();
              set_threads(1);
              return Outcome{sum, all->slopes};
            });
  if (F::outputs > 1)  // their derivatives stand in another order
    contend("program of each result",
            [=, all = std::make_shared<AllOver>(all_over<F>(*rows, false)),
             slopes = std::vector<double>(size / n * F::outputs * along)](const std::vector<double>&) mutable {
              const double sum = all->run();
              const std::size_t samples = size / n;
              for (std::size_t i = 0; i < samples && slopes.back() == 0; ++i)  // once, for the comparison
                for (std::size_t k = 0; k < F::outputs; ++k)
                  std::copy_n(&all->slopes[(k * samples + i) * along], along, &slopes[(i * F::outputs + k) * along]);
              return Outcome{sum, slopes};
            });
}

// Rows of numbers, each from a range of its own.
std::vector<double> rows_between(std::size_t n, const std::vector<std::array<double, 2>>& ranges) {
  std::vector<double> rows(n * ranges.size());
  for (std::size_t j = 0; j < ranges.size(); ++j) {
    const std::vector<double> column = between(ranges[j][0], ranges[j][1], n, static_cast<unsigned>(21 + j));
    for (std::size_t i = 0; i < n; ++i) rows[i * ranges.size() + j] = column[i];
  }
  return rows;
}

}  // namespace

void add_each() {
  add_each<Call>("100000 calls, 5 greeks each",
                 rows_between(100'000, {{80, 120}, {80, 120}, {0.01, 0.05}, {0.1, 0.5}, {0.1, 2}}));
  std::vector<std::array<double, 2>> camera{{0.1, 0.6}, {-0.5, 0.5}, {-0.5, 0.5}, {-1, 1},     {-1, 1},      {-6, -4},
                                            {400, 800}, {-5, 5},     {-5, 5},     {-0.1, 0.1}, {-0.01, 0.01}};
  camera.insert(camera.end(), {{-1, 1}, {-1, 1}, {-1, 1}, {0.5, 1}, {-100, 100}, {-100, 100}});
  add_each<Observation>("bundle adjustment, 10000 observations", rows_between(10'000, camera));
}

}  // namespace downhill::bench
