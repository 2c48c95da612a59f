#include <models/network/activation.hpp>

#include <algorithm>

#include <autodiff/calculus/type_list.hpp>
#include <autodiff/text/names.hpp>

namespace downhill {
namespace {

// The rule of an activation, and how weights before it start.
template <Activation which, class R, Initialiser before>
struct By {
  static constexpr Activation activation = which;
  static constexpr Initialiser start = before;
  using Rule = R;
  static_assert(R::name == enumerator_name(which), "an activation has the name of its rule");
};

using Rules = TypeList<By<Activation::relu, Relu, Initialiser::he>,              //
                       By<Activation::leaky_relu, LeakyRelu, Initialiser::he>,   //
                       By<Activation::elu, Elu, Initialiser::he>,                //
                       By<Activation::gelu, Gelu, Initialiser::he>,              //
                       By<Activation::silu, Silu, Initialiser::he>,              //
                       By<Activation::softplus, Softplus, Initialiser::xavier>,  //
                       By<Activation::tanh, Tanh, Initialiser::xavier>,          //
                       By<Activation::sigmoid, Sigmoid, Initialiser::xavier>>;

template <class... Row>
constexpr bool has_each_once(TypeList<Row...>) {
  return std::ranges::all_of(enumerators<Activation>, [](Activation activation) {
    return activation == Activation::none || ((Row::activation == activation ? 1 : 0) + ...) == 1;
  });
}
static_assert(has_each_once(Rules{}), "an activation has no rule in this list, or two");

}  // namespace

std::string_view name(Activation activation) { return enumerator_name(activation); }

Activation activation_called(std::string_view name) { return enumerator_called<Activation>("activation", name); }

template <class T>
VarMatrix<T> activated(Activation activation, const VarMatrix<T>& x) {
  VarMatrix<T> y = x;
  Rules::for_each([&]<class Row>(std::type_identity<Row>) {
    using Rule = typename Row::Rule;
    if (Row::activation != activation) return;
    if constexpr (requires { Rule::default_y; })
      y = apply<Rule>(x, static_cast<T>(Rule::default_y));
    else
      y = apply<Rule>(x);
  });
  return y;
}
template VarMatrix<float> activated(Activation, const VarMatrix<float>&);
template VarMatrix<double> activated(Activation, const VarMatrix<double>&);

Initialiser start_before(Activation activation) {
  Initialiser start = Initialiser::xavier;
  Rules::for_each([&]<class Row>(std::type_identity<Row>) {
    if (Row::activation == activation) start = Row::start;
  });
  return start;
}

}  // namespace downhill
