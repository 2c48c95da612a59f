#include <autodiff/program/lanes.hpp>

#include <cstddef>

#include <autodiff/program/lanes/packs.hpp>
#include <autodiff/program/lanes/steps.hpp>

// Compiled for each instruction set: what is here is in an unnamed namespace, or has the set in its name.

namespace downhill::program_detail {
namespace {

using Kind = LaneStep::Kind;

template <class T>
void forward(const LaneRun<T>& run) {
  using Isa = simd::Native;
  const LaneStep *const begin = run.plan->steps.data(), *const end = begin + run.plan->steps.size() - run.tail;
  for (const LaneStep* step = begin; step != end; ++step) {
    switch (step->kind) {
      case Kind::rule: RuleSteps<T, Isa>::forward(run, *step); break;
      case Kind::products: ProductSteps<T, Isa>::forward(run, *step); break;
      case Kind::layer: LayerSteps<T, Isa>::forward(run, *step); break;
      case Kind::row: RowSteps<T, Isa>::forward(run, *step); break;
    }
  }
}
template <class T>
void reverse(const LaneRun<T>& run) {
  using Isa = simd::Native;
  const LaneStep *const begin = run.plan->steps.data(), *step = begin + run.plan->steps.size() - run.tail;
  while (step != begin) {
    --step;
    if (!step->is_swept) continue;
    switch (step->kind) {
      case Kind::rule: RuleSteps<T, Isa>::reverse(run, *step); break;
      case Kind::products: ProductSteps<T, Isa>::reverse(run, *step); break;
      case Kind::layer: LayerSteps<T, Isa>::reverse(run, *step); break;
      case Kind::row: RowSteps<T, Isa>::reverse(run, *step); break;
    }
  }
}
template <class T>
double sum_of(const T* numbers, std::size_t count) {
  const std::size_t packed = count / LanePack<T>::size * LanePack<T>::size;
  double sum = total<T>(
      sum_over_packs<T>(packed, [numbers](LanePack<T> s, std::size_t lane) { return s + load(numbers + lane); }));
  for (std::size_t i = packed; i < count; ++i) sum += static_cast<double>(numbers[i]);
  return sum;
}

}  // namespace

template <class T, class Isa>
const LaneFunctions<T> LaneFunctionsFor<T, Isa>::functions{&forward<T>,         &Tail<T, Isa>::run,   &reverse<T>,
                                                           &Rows<T, Isa>::load, &Rows<T, Isa>::store, &sum_of<T>};

template struct LaneFunctionsFor<double, simd::Native>;
template struct LaneFunctionsFor<float, simd::Native>;

}  // namespace downhill::program_detail
