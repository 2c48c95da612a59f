// Second and third derivatives, which are slopes of slopes, against 60 digits of mpmath: to 32 and 64 ulp, at arguments
// where the arithmetic of the slope's formula would cancel or overflow, and by every way of nesting.

#include <autodiff/calculus/slopes.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

#include <autodiff/calculus/rules.hpp>
#include <autodiff/dual.hpp>
#include <autodiff/gradient.hpp>
#include <autodiff/variable.hpp>

#include "support/catch.hpp"

using namespace downhill;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct OfOne {
  std::string_view function;
  double x, second, third;
};
struct OfTwo {
  std::string_view function;
  double x, y;
  std::array<double, 3> second;  // by x twice, by both, by y twice
  std::array<double, 4> third;   // by x three, two, one and no times
};

// clang-format off
const OfOne of_one[] = {
    {"cbrt", 1e-300, -infinity, infinity},
    {"cbrt", -1e-100, 1.0314641852472842e+166, 1.7191069754121403e+266},
    {"cbrt", 0.3, -1.6529208644004187, 9.182893691113437},
    {"cbrt", 1e-108, -2.222222222222222e+179, 3.703703703703703e+287},
    {"cbrt", 7e+200, -0.0, 0.0},
    {"asin", 1e-08, 1.0000000000000002e-08, 1.0000000000000004},
    {"asin", -1e-300, -1e-300, 1.0},
    {"asin", 0.5, 0.769800358919501, 3.079201435678004},
    {"asin", 0.999999999, 11180340359006.29, 1.6770511015606963e+22},
    {"asin", -0.999, -11177.541655871468, 16769113.86427658},
    {"acos", 1e-08, -1.0000000000000002e-08, -1.0000000000000004},
    {"acos", 0.5, -0.769800358919501, -3.079201435678004},
    {"acos", -1e-200, 1e-200, -1.0},
    {"acos", 0.9999999999999999, -3.022314549036573e+23, -4.0833884030512616e+39},
    {"atanh", 1e-08, 2.0000000000000004e-08, 2.0000000000000013},
    {"atanh", -1e-300, -2e-300, 2.0},
    {"atanh", 0.5, 1.7777777777777777, 8.296296296296296},
    {"atanh", 0.999999999, 5.000000282819327e+17, 1.0000000848457993e+27},
    {"atanh", -0.3, -0.7245501750996256, 3.3706180306832403},
    {"acosh", 1.000000001, -11180338502695.97, 1.6770506363650955e+22},
    {"acosh", 2.0, -0.3849001794597505, 0.5773502691896257},
    {"acosh", 10000000000.0, -1e-20, 2e-30},
    {"asinh", 1e-08, -9.999999999999999e-09, -0.9999999999999996},
    {"asinh", -0.5, 0.35777087639996635, -0.2862167011199731},
    {"asinh", 3.0, -0.09486832980505137, 0.05375872022286245},
    {"asinh", 10000000000.0, -1e-20, 2e-30},
    {"atan", 1e-08, -1.9999999999999997e-08, -1.999999999999999},
    {"atan", -0.5, 0.64, -0.256},
    {"atan", 2.0, -0.16, 0.176},
    {"atan", 10000000000.0, -2e-30, 6e-40},
    {"tanh", 1e-08, -1.9999999999999997e-08, -1.9999999999999991},
    {"tanh", -0.5, 0.7268619813835873, -0.5652092882597703},
    {"tanh", 2.0, -0.13621868742711304, 0.2526540650980627},
    {"tanh", 20.0, -3.398683404233271e-17, 6.797366808466542e-17},
    {"tanh", -1.3, 0.443672295150228, 0.6321016822237326},
    {"erf", 1e-08, -2.256758334191025e-08, -2.2567583341910247},
    {"erf", -0.5, 0.8787825789354448, -0.8787825789354448},
    {"erf", 2.0, -0.08266794141636821, 0.28933779495728873},
    {"erf", 26.7, -1.4990051065726147e-308, 7.999073017762283e-307},
    {"erfc", 1e-08, 2.256758334191025e-08, 2.2567583341910247},
    {"erfc", 5.0, 1.5670866531017336e-10, -1.5357449200396988e-09},
    {"erfc", 26.9, 3.3373924949e-313, -1.794276495897e-311},
    {"lgamma", -0.5, 8.934802200544679, -0.82879664423432},
    {"lgamma", -1.5, 9.379246644989124, -0.2362040516417274},
    {"lgamma", 0.1, 101.43329915079275, -2001.8614573783436},
    {"lgamma", 1.4616321449683622, 0.9676722454476212, -0.8855263379671844},
    {"lgamma", 30.0, 0.033895060357739946, -0.0011487652037286},
    {"lgamma", -7.3, 14.951383181433922, 68.82117406359033},
    {"lgamma", 1e-100, 1e+200, -1.9999999999999998e+300},
    {"lgamma", -59.5, 9.85293812018766, -0.0002777584907790746},
    {"lgamma", 10000000000.0, 1.00000000005e-10, -1.0000000001e-20},
    {"sigmoid", 1e-08, -1.25e-09, -0.12499999999999999},
    {"sigmoid", -1e-20, 1.25e-21, -0.125},
    {"sigmoid", 1.0, -0.09085774767294841, -0.03532558051623565},
    {"sigmoid", -30.0, 9.357622968836672e-14, 9.35762296883317e-14},
    {"sigmoid", 700.0, -9.85967654375977e-305, 9.85967654375977e-305},
    {"sigmoid", 3.0, -0.04089157466094348, 0.03293107622425642},
    {"softplus", 1e-08, 0.25, -1.25e-09},
    {"softplus", -1e-20, 0.25, 1.25e-21},
    {"softplus", 2.0, 0.10499358540350652, -0.07996250105615306},
    {"softplus", -30.0, 9.357622968838423e-14, 9.357622968836672e-14},
    {"softplus", 700.0, 9.85967654375977e-305, -9.85967654375977e-305},
    {"log_sigmoid", 1e-08, -0.25, 1.25e-09},
    {"log_sigmoid", 2.0, -0.10499358540350652, 0.07996250105615306},
    {"log_sigmoid", -700.0, -9.85967654375977e-305, -9.85967654375977e-305},
    {"gelu", 1e-08, 0.7978845608028653, -1.5957691216057307e-08},
    {"gelu", -0.40579200298329204, 0.6743228659472551, 0.5718203314553054},
    {"gelu", 1.0, 0.24197072451914334, -0.7259121735574301},
    {"gelu", -38.0, -1.582192756995e-311, -6.00399359658555e-310},
    {"gelu", 5.0, -3.4194548838888845e-05, 0.00015610554904710126},
    {"silu", 2e-16, 0.5, -1e-16},
    {"silu", 1e-08, 0.5, -5e-09},
    {"silu", 1.0, 0.3023661188100153, -0.30789882353508086},
    {"silu", -5.0, -0.019499225490032506, -0.012237180330041961},
    {"silu", -742.0, -4.195e-320, -4.189e-320},
    {"sqrt", 1e-100, -2.5e+149, 3.75e+249},
    {"sqrt", 2.0, -0.08838834764831845, 0.06629126073623882},
    {"log1p", -0.75, -16.0, 128.0},
    {"log1p", 1e-08, -0.9999999800000003, 1.9999999400000013},
    {"log", 1e-100, -1e+200, 1.9999999999999998e+300},
    {"log", 3.0, -0.1111111111111111, 0.07407407407407407},
    {"exp2", 3.5, 5.435705346929199, 3.7677438355785937},
    {"expm1", 1e-08, 1.00000001, 1.00000001},
    {"expm1", -40.0, 4.248354255291589e-18, 4.248354255291589e-18},
    {"tan", 1e-08, 2.0000000000000004e-08, 2.000000000000001},
    {"tan", 1.5, 5636.338808658074, 238840.84160534013},
    {"sin", 1e-08, -1e-08, -1.0},
    {"sin", 2.0, -0.9092974268256817, 0.4161468365471424},
    {"cos", 1e-08, -1.0, 1e-08},
    {"cos", 2.0, 0.4161468365471424, 0.9092974268256817},
    {"reciprocal", 3.0, 0.07407407407407407, -0.07407407407407407},
    {"reciprocal", -1e-60, -2.0000000000000002e+180, -6.0000000000000005e+240},
};
const OfTwo of_two[] = {
    {"pow", 0.7, 1.000000001, {1.4285715476909946e-09, 0.6433250554751346, 0.08905191091182596}, {-2.0408164946606043e-09, 1.4285714304095003, -0.586132871907491, -0.03176258533211252}},
    {"pow", 3.0, 1.0000001, {3.3333340348170445e-08, 2.0986126290854883, 3.620847280228456}, {-1.1111112338278802e-08, 0.33333347324083634, 3.4041740328304195, 3.9779073174494846}},
    {"pow", 2.0, 2.0, {2.0, 4.772588722239782, 1.9218120556728058}, {0.0, 4.386294361119891, 4.694400777912587, 1.332098607955718}},
    {"pow", 0.3, 2.000000000001, {2.000000000000592, -0.42238368259541426, 0.13045954621992417}, {6.6672593372175805e-12, 0.592054391345803, 0.14734662553857106, -0.1570697457134912}},
    {"pow", 7.0, 0.9999999999, {-1.4285715463511142e-11, 2.9459101482874748, 26.50596415221748}, {2.0408164949913876e-12, 0.14285714277297398, 7.678386604434296, 51.57822465429631}},
    {"pow", 1e-100, 1.5, {7.5e+49, -3.4438776394910687e-48, 5.301898110478398e-146}, {-3.7499999999999997e+149, -1.7069388197455343e+52, 7.906795463857717e-46, -1.2208071553760858e-143}},
    {"pow", 3e-193, 2.0, {2.0, -2.656801863955096e-190, 0.0}, {0.0, -883.6006213183654, 1.1764311907192122e-187, -0.0}},
    {"pow", 2.0, -1.0, {0.25, 0.07671320486001368, 0.24022650695910072}, {-0.375, -0.20171320486001368, 0.2264603368004223, 0.16651232599446475}},
    {"pow", 1e+200, 0.5, {-2.5e-301, 2.3125850929940458e-98, 2.120759244191359e+105}, {0.0, -1.151292546497023e-298, 1.0695899624676559e-95, 9.766457243008686e+107}},
    {"pow", 6e+183, 0.66, {-1.2254629260536543e-247, 9.184051316583573e-61, 3.5204563132061765e+126}, {0.0, -5.1682527188271514e-245, 3.900233110975844e-58, 1.4897333025357242e+129}},
    {"hypot", 379.0, 0.00118, {2.5576810436539138e-14, -8.214924708007062e-09, 0.002638522427402268}, {-2.0245496387565599e-16, 4.3350526162995323e-11, -6.9618005998035295e-06, -6.502578924480815e-11}},
    {"hypot", 0.00118, 379.0, {0.002638522427402268, -8.214924708007062e-09, 2.5576810436539138e-14}, {-6.502578924480815e-11, -6.9618005998035295e-06, 4.3350526162995323e-11, -2.0245496387565599e-16}},
    {"hypot", 3.0, 4.0, {0.128, -0.096, 0.072}, {-0.04608, 0.00256, 0.02208, -0.03456}},
    {"hypot", 1e+200, 1e+190, {1.0000000000000002e-220, -1.0000000000000002e-210, 1e-200}, {-0.0, 0.0, -0.0, -0.0}},
    {"hypot", -3e-12, -7.0, {0.14285714285714285, -6.122448979591837e-14, 2.6239067055393587e-26}, {2.6239067055393587e-14, 0.02040816326530612, -1.749271137026239e-14, 1.1245314452311539e-26}},
    {"hypot", 1e-30, 9e-29, {1.1109053815429555e+28, -1.2343393128255063e+26, 1.3714881253616739e+24}, {-4.113956480223265e+54, -1.2338822065499257e+56, 2.7424683548615914e+54, -4.571062755803628e+52}},
    {"logaddexp", 0.0, 1e-09, {0.25, -0.25, 0.25}, {1.25e-10, -1.25e-10, 1.25e-10, -1.25e-10}},
    {"logaddexp", -30.0, 5.0, {6.305116760146981e-16, -6.305116760146981e-16, 6.305116760146981e-16}, {6.305116760146973e-16, -6.305116760146973e-16, 6.305116760146973e-16, -6.305116760146973e-16}},
    {"logaddexp", 700.0, 2.0, {7.285370309915161e-304, -7.285370309915161e-304, 7.285370309915161e-304}, {-7.285370309915161e-304, 7.285370309915161e-304, -7.285370309915161e-304, 7.285370309915161e-304}},
    {"logaddexp", 1e-09, 0.0, {0.25, -0.25, 0.25}, {-1.25e-10, 1.25e-10, -1.25e-10, 1.25e-10}},
    {"logaddexp", 10000000000.0, 10000000001.0, {0.19661193324148185, -0.19661193324148185, 0.19661193324148185}, {0.09085774767294841, -0.09085774767294841, 0.09085774767294841, -0.09085774767294841}},
    {"logaddexp", -0.418828617520036, -0.41882861752043143, {0.25, -0.25, 0.25}, {-4.9432680171435095e-14, 4.9432680171435095e-14, -4.9432680171435095e-14, 4.9432680171435095e-14}},
    {"atan2", 1.0, 1.000000001, {-0.49999999949999996, -5.000000406201854e-10, 0.49999999949999996}, {0.4999999984999999, 0.5, -0.4999999984999999, -0.5}},
    {"atan2", 1e-09, 1.0, {-2e-09, -1.0, 2e-09}, {-2.0, 6e-09, 2.0, -6e-09}},
    {"atan2", 3.0, 4.0, {-0.0384, -0.0112, 0.0384}, {0.005632, 0.014976, -0.005632, -0.014976}},
    {"atan2", -1.0, -1.0000001, {-0.49999994999999997, -4.999999252919385e-08, 0.49999994999999997}, {-0.4999998500000149, -0.499999999999985, 0.4999998500000149, 0.499999999999985}},
    {"atan2", 4.5188842732881875, -4.518884243836683, {0.024485420592836885, 1.5958197416701748e-10, -0.024485420592836885}, {-0.00541846602639016, 0.005418465920446769, 0.00541846602639016, -0.005418465920446769}},
    {"atan2", 1e+80, 1e+60, {-2e-180, 1e-160, 2e-180}, {5.9999999999999994e-260, -2e-240, -5.9999999999999994e-260, 2e-240}},
    {"/", 3.0, 7.0, {0.0, -0.02040816326530612, 0.01749271137026239}, {0.0, 0.0, 0.0058309037900874635, -0.007496876301541024}},
    {"/", 1e-60, 1e+60, {0.0, -1.0000000000000002e-120, 2.0000000000000002e-240}, {0.0, 0.0, 2.0000000000000005e-180, -6e-300}},
};
// clang-format on

// The rule of this name, applied.
template <class X, class... Rest>
X call(std::string_view name, const X& x, const Rest&... rest) {
  X result = x;
  bool is_known = false;
  RulesOfArity<1 + sizeof...(Rest)>::for_each([&]<class Rule>(std::type_identity<Rule>) {
    if (Rule::name == name) result = apply<Rule>(x, rest...), is_known = true;
  });
  if (!is_known) FAIL("no rule " << name);
  return result;
}

template <class T>
double ulps(T got, double wanted) {
  const T nearest = static_cast<T>(wanted);
  if (got == nearest) return 0;
  const T size = std::max(std::abs(nearest), std::numeric_limits<T>::min());
  const T ulp = std::ldexp(T(1), std::ilogb(size) - std::numeric_limits<T>::digits + 1);
  const double apart = std::abs((static_cast<double>(got) - wanted) / static_cast<double>(ulp));
  return apart == apart ? apart : infinity;
}

// The derivative by each of `along`, whose number decides the order, by forward mode and by a sweep over it.
template <class T, std::size_t N, class F>
std::array<T, 2> derivative_of(F&& f, const std::array<T, N>& at, std::array<std::size_t, 2> along) {
  using D = Dual<T>;
  std::array<Dual<D>, N> forward;
  Tape<D> tape;
  std::array<Var<D>, N> reverse;
  for (std::size_t i = 0; i < N; ++i) {
    const D inner(at[i], T(i == along[0]));
    forward[i] = Dual<D>(inner, D(T(i == along[1])));
    reverse[i] = tape.variable(inner);
  }
  const Dual<D> value = f(forward);
  return {value.tangent().tangent(), tape.gradient(f(reverse))[reverse[along[1]]].tangent()};
}
template <class T, std::size_t N, class F>
std::array<T, 2> derivative_of(F&& f, const std::array<T, N>& at, std::array<std::size_t, 3> along) {
  using D = Dual<Dual<T>>;
  std::array<Dual<D>, N> forward;
  Tape<D> tape;
  std::array<Var<D>, N> reverse;
  for (std::size_t i = 0; i < N; ++i) {
    const D inner(Dual<T>(at[i], T(i == along[0])), Dual<T>(T(i == along[1])));
    forward[i] = Dual<D>(inner, D(T(i == along[2])));
    reverse[i] = tape.variable(inner);
  }
  const Dual<D> value = f(forward);
  return {value.tangent().tangent().tangent(), tape.gradient(f(reverse))[reverse[along[2]]].tangent().tangent()};
}

template <class T>
void check(const std::array<T, 2>& got, double wanted, double limit) {
  for (const T one : got) {
    INFO(one << ", not " << wanted << ": " << ulps(one, wanted) << " ulp");
    CHECK(ulps(one, wanted) <= limit);
  }
}

}  // namespace

TEST_CASE("second and third derivatives keep their digits where slopes of slopes would cancel") {
  for (const OfOne& row : of_one) {
    const auto f = [&](const auto& x) { return call(row.function, x[0]); };
    INFO(row.function << " at " << row.x);
    check(derivative_of(f, std::array{row.x}, std::array<std::size_t, 2>{0, 0}), row.second, 32);
    check(derivative_of(f, std::array{row.x}, std::array<std::size_t, 3>{0, 0, 0}), row.third, 64);
  }
}

TEST_CASE("partial derivatives of the second and third order keep their digits, in whichever order they are taken") {
  using Two = std::array<std::size_t, 2>;
  using Three = std::array<std::size_t, 3>;
  for (const OfTwo& row : of_two) {
    const auto f = [&](const auto& x) { return call(row.function, x[0], x[1]); };
    const std::array at{row.x, row.y};
    INFO(row.function << " at " << row.x << ", " << row.y);
    for (const Two& along : {Two{0, 0}, Two{0, 1}, Two{1, 0}, Two{1, 1}})
      check(derivative_of(f, at, along), row.second[along[0] + along[1]], 32);
    for (const Three& along : {Three{0, 0, 0}, Three{0, 0, 1}, Three{0, 1, 0}, Three{1, 0, 0}, Three{0, 1, 1},
                               Three{1, 0, 1}, Three{1, 1, 0}, Three{1, 1, 1}})
      check(derivative_of(f, at, along), row.third[along[0] + along[1] + along[2]], 64);
  }
}

TEST_CASE("second derivatives of floats are those of doubles, rounded") {
  for (const OfOne& row : of_one) {
    const float x = static_cast<float>(row.x);
    if (static_cast<double>(x) != row.x && !(std::abs(row.x) > 1e-30 && std::abs(row.x) < 1e30)) continue;
    if (std::abs(x) >= 1 && (row.function == "acosh" || std::abs(x) == 1)) continue;  // at the edge after rounding
    const auto f = [&](const auto& at) { return call(row.function, at[0]); };
    const auto of_float = derivative_of(f, std::array{x}, std::array<std::size_t, 2>{0, 0});
    const auto of_double = derivative_of(f, std::array{static_cast<double>(x)}, std::array<std::size_t, 2>{0, 0});
    INFO(row.function << " at " << x);
    check(of_float, of_double[0], 32);
  }
}
