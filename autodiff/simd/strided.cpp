#include <algorithm>
#include <cstddef>

#include <autodiff/simd/rule_kernels.hpp>

namespace downhill::simd {

namespace {

constexpr std::size_t most_operands = 3, stretch = 256;

// Rows of a few numbers at a time: repeated ones are repeated, those that lie apart are gathered.
template <class T>
class Rows {
 public:
  Rows(const Strided<T>* x, std::size_t operands) : x_(x), operands_(operands) {
    for (std::size_t i = 0; i < operands; ++i)
      if (x[i].stride == 0) std::fill_n(memory_[i], whole<T>, *x[i].data);
  }
  bool are_side_by_side() const {
    return std::all_of(x_, x_ + operands_, [](const Strided<T>& x) { return x.stride <= 1; });
  }
  /// `count` from k on, a multiple of `whole`, as they are.
  const Row<T>* in_place(std::size_t k) {
    for (std::size_t i = 0; i < operands_; ++i)
      rows_[i] = x_[i].stride == 0 ? Row<T>{memory_[i], 0} : Row<T>{x_[i].data + k, 1};
    return rows_;
  }
  /// `count` from k on, and after them the last one again, up to a multiple of `whole`.
  const Row<T>* gathered(std::size_t k, std::size_t count) {
    for (std::size_t i = 0; i < operands_; ++i) {
      if (x_[i].stride != 0) gather(x_[i], k, count, memory_[i]);
      rows_[i] = {memory_[i], x_[i].stride == 0 ? std::size_t{0} : std::size_t{1}};
    }
    return rows_;
  }
  static void gather(const Strided<T>& x, std::size_t k, std::size_t count, T* to) {
    for (std::size_t l = 0; l < count; ++l) to[l] = x.data[(k + l) * x.stride];
    std::fill(to + count, to + rounded(count), to[count - 1]);
  }
  static std::size_t rounded(std::size_t count) { return (count + whole<T> - 1) / whole<T> * whole<T>; }

 private:
  const Strided<T>* x_;
  std::size_t operands_;
  Row<T> rows_[most_operands] = {};
  alignas(64) T memory_[most_operands][stretch];
};

// in_place(k, count) for what lies side by side, and apart(k, count) for the rest, up to `stretch` at a time.
template <class T, class InPlace, class Apart>
void for_stretches(const Rows<T>& rows, std::size_t n, InPlace&& in_place, Apart&& apart) {
  std::size_t k = 0;
  if (rows.are_side_by_side()) {
    k = n / whole<T> * whole<T>;
    if (k > 0) in_place(std::size_t{0}, k);
  }
  for (; k < n; k += stretch) apart(k, std::min(stretch, n - k));
}

}  // namespace

template <class T>
void work_out(const RuleKernel<T>& kernel, const Strided<T>* x, std::size_t operands, T* v, std::size_t n) {
  Rows<T> rows(x, operands);
  for_stretches(
      rows, n, [&](std::size_t k, std::size_t count) { kernel.value(rows.in_place(k), v + k, count); },
      [&](std::size_t k, std::size_t count) {
        alignas(64) T some[stretch];
        kernel.value(rows.gathered(k, count), some, rows.rounded(count));
        std::copy_n(some, count, v + k);
      });
}

template <class T>
void pull_back(const RuleKernel<T>& kernel, std::size_t i, const Strided<T>* x, std::size_t operands, const T* v,
               const T* g, T* adjoint, std::size_t n, bool adds) {
  Rows<T> rows(x, operands);
  for_stretches(
      rows, n,
      [&](std::size_t k, std::size_t count) {
        kernel.pull_back[i](rows.in_place(k), v + k, g + k, adjoint + k, count, adds);
      },
      [&](std::size_t k, std::size_t count) {
        alignas(64) T of[stretch], from[stretch], some[stretch];
        Rows<T>::gather({v, 1}, k, count, of);
        Rows<T>::gather({g, 1}, k, count, from);
        kernel.pull_back[i](rows.gathered(k, count), of, from, some, rows.rounded(count), false);
        for (std::size_t l = 0; l < count; ++l) adjoint[k + l] = adds ? adjoint[k + l] + some[l] : some[l];
      });
}

template void work_out(const RuleKernel<float>&, const Strided<float>*, std::size_t, float*, std::size_t);
template void work_out(const RuleKernel<double>&, const Strided<double>*, std::size_t, double*, std::size_t);
template void pull_back(const RuleKernel<float>&, std::size_t, const Strided<float>*, std::size_t, const float*,
                        const float*, float*, std::size_t, bool);
template void pull_back(const RuleKernel<double>&, std::size_t, const Strided<double>*, std::size_t, const double*,
                        const double*, double*, std::size_t, bool);

}  // namespace downhill::simd
