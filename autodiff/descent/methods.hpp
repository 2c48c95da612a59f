#pragma once
// First-order methods: a formula for the next point x, from the gradient g and what is remembered of earlier ones.
//
// Each is a value with its options; an Optimizer keeps its memory and calls `update` on stretches of the parameters,
// where all operations are elementwise. eta is the learning rate, k the number of the step, from 1. In all of them
// `gradient` says what happens to the gradient first: weight decay and clipping.

#include <cmath>
#include <cstddef>
#include <string_view>
#include <utility>

#include <autodiff/descent/optimizer.hpp>
#include <autodiff/descent/walk.hpp>

namespace downhill {

namespace methods_detail {

void demand_fraction(std::string_view method, std::string_view what, double value);  // in [0, 1)
void demand_positive(std::string_view method, std::string_view what, double value);
void demand_not_negative(std::string_view method, std::string_view what, double value);

// m <- beta m + (1 - beta) a, an average that forgets.
template <class Array, class A>
void average(Array&& m, double beta, const A& a) {
  using T = typename A::Scalar;
  m = static_cast<T>(beta) * m + static_cast<T>(1 - beta) * a;
}
// 1 - beta^k: what such an average, begun at 0, has seen of its weight.
inline double weight_seen(double beta, std::size_t k) { return -std::expm1(static_cast<double>(k) * std::log(beta)); }

}  // namespace methods_detail

/// x <- x - eta g. Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées", Comptes Rendus
/// 25 (1847).
struct GradientDescent {
  LearningRate learning_rate = 0.1;
  Conditioning gradient = {};

  static constexpr std::string_view name = "GradientDescent";
  static constexpr std::size_t memory = 0;
  void demand_sound() const {}
  template <class S>
  void update(S& at) const {
    at.x -= at.rate * at.g;
  }
};

/// v <- mu v - eta g, x <- x + v: the heavy ball. Polyak, "Some methods of speeding up the convergence of iteration
/// methods", USSR Comp. Math. and Math. Phys. 4 (1964).
struct Momentum {
  LearningRate learning_rate = 0.01;
  double momentum = 0.9;  ///< mu
  Conditioning gradient = {};

  static constexpr std::string_view name = "Momentum";
  static constexpr std::size_t memory = 1;
  void demand_sound() const { methods_detail::demand_fraction(name, "the momentum", momentum); }
  template <class S>
  void update(S& at) const {
    auto v = at.memory(0);
    v = static_cast<typename S::Number>(momentum) * v - at.rate * at.g;
    at.x += v;
  }
};

/// v <- mu v - eta g, x <- x + mu v - eta g, where x is the point that looks ahead: y_k of Nesterov, "A method for
/// solving a convex programming problem with convergence rate O(1/k²)", Soviet Math. Doklady 27 (1983), with constant
/// momentum, in the form of Sutskever and others, "On the importance of initialization and momentum" (2013).
struct Nesterov {
  LearningRate learning_rate = 0.01;
  double momentum = 0.9;  ///< mu
  Conditioning gradient = {};

  static constexpr std::string_view name = "Nesterov";
  static constexpr std::size_t memory = 1;
  void demand_sound() const { methods_detail::demand_fraction(name, "the momentum", momentum); }
  template <class S>
  void update(S& at) const {
    const auto mu = static_cast<typename S::Number>(momentum);
    auto v = at.memory(0);
    v = mu * v - at.rate * at.g;
    at.x += mu * v - at.rate * at.g;
  }
};

/// s <- s + g², x <- x - eta g / (sqrt(s) + epsilon). Duchi, Hazan and Singer, "Adaptive subgradient methods for online
/// learning and stochastic optimization", JMLR 12 (2011).
struct AdaGrad {
  LearningRate learning_rate = 0.01;
  double epsilon = 1e-10;
  Conditioning gradient = {};

  static constexpr std::string_view name = "AdaGrad";
  static constexpr std::size_t memory = 1;
  void demand_sound() const { methods_detail::demand_not_negative(name, "epsilon", epsilon); }
  template <class S>
  void update(S& at) const {
    auto s = at.memory(0);
    s += at.g.square();
    at.x -= at.rate * at.g / (s.sqrt() + static_cast<typename S::Number>(epsilon));
  }
};

/// s <- rho s + (1 - rho) g², d = g sqrt(r + epsilon) / sqrt(s + epsilon), r <- rho r + (1 - rho) d²,
/// x <- x - eta d. Zeiler, "ADADELTA: an adaptive learning rate method" (2012), where eta is 1.
struct AdaDelta {
  LearningRate learning_rate = 1;
  double rho = 0.95, epsilon = 1e-6;
  Conditioning gradient = {};

  static constexpr std::string_view name = "AdaDelta";
  static constexpr std::size_t memory = 2;
  void demand_sound() const {
    methods_detail::demand_fraction(name, "rho", rho);
    methods_detail::demand_positive(name, "epsilon", epsilon);
  }
  template <class S>
  void update(S& at) const {
    const auto e = static_cast<typename S::Number>(epsilon);
    auto s = at.memory(0), r = at.memory(1);
    methods_detail::average(s, rho, at.g.square());
    at.x -= at.rate * at.g * ((r + e) / (s + e)).sqrt();
    methods_detail::average(r, rho, at.g.square() * ((r + e) / (s + e)));
  }
};

/// s <- rho s + (1 - rho) g², x <- x - eta g / (sqrt(s) + epsilon). Tieleman and Hinton, "Neural networks for machine
/// learning", lecture 6.5 (2012).
struct RMSProp {
  LearningRate learning_rate = 0.001;
  double rho = 0.9, epsilon = 1e-8;
  Conditioning gradient = {};

  static constexpr std::string_view name = "RMSProp";
  static constexpr std::size_t memory = 1;
  void demand_sound() const {
    methods_detail::demand_fraction(name, "rho", rho);
    methods_detail::demand_not_negative(name, "epsilon", epsilon);
  }
  template <class S>
  void update(S& at) const {
    auto s = at.memory(0);
    methods_detail::average(s, rho, at.g.square());
    at.x -= at.rate * at.g / (s.sqrt() + static_cast<typename S::Number>(epsilon));
  }
};

/// The averages that Adam and its kin share: of the gradient, m, and of its square, v.
struct Moments {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

  void demand_sound(std::string_view method) const {
    methods_detail::demand_fraction(method, "beta1", beta1);
    methods_detail::demand_fraction(method, "beta2", beta2);
    methods_detail::demand_not_negative(method, "epsilon", epsilon);
  }
  template <class S>
  void average(S& at) const {
    methods_detail::average(at.memory(0), beta1, at.g);
    methods_detail::average(at.memory(1), beta2, at.g.square());
  }
  /// x <- x - eta m' / (sqrt(v / (1 - beta2^k)) + epsilon), for an m' of the method's and its v.
  template <class S, class M, class V>
  void descend(S& at, const M& m, const V& v) const {
    using T = typename S::Number;
    const T scale = static_cast<T>(1 / std::sqrt(methods_detail::weight_seen(beta2, at.step)));
    at.x -= at.rate * m / (v.sqrt() * scale + static_cast<T>(epsilon));
  }
  /// 1 / (1 - beta1^k).
  template <class T>
  T correction(std::size_t k) const {
    return static_cast<T>(1 / methods_detail::weight_seen(beta1, k));
  }
};

/// m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g²,
/// x <- x - eta m / (1 - beta1^k) / (sqrt(v / (1 - beta2^k)) + epsilon).
/// Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.
struct Adam {
  LearningRate learning_rate = 0.001;
  Moments moments = {};
  Conditioning gradient = {};

  static constexpr std::string_view name = "Adam";
  static constexpr std::size_t memory = 2;
  void demand_sound() const { moments.demand_sound(name); }
  template <class S>
  void update(S& at) const {
    moments.average(at);
    moments.descend(at, at.memory(0) * moments.correction<typename S::Number>(at.step), at.memory(1));
  }
};

/// x <- x - eta weight_decay x, then Adam: the decay does not pass through the averages. Loshchilov and Hutter,
/// "Decoupled weight decay regularization", ICLR 2019.
struct AdamW {
  LearningRate learning_rate = 0.001;
  double weight_decay = 0.01;
  Moments moments = {};
  Conditioning gradient = {};

  static constexpr std::string_view name = "AdamW";
  static constexpr std::size_t memory = 2;
  void demand_sound() const {
    moments.demand_sound(name);
    methods_detail::demand_not_negative(name, "the weight decay", weight_decay);
  }
  template <class S>
  void update(S& at) const {
    at.x *= 1 - at.rate * at.decay * static_cast<typename S::Number>(weight_decay);
    Adam{.moments = moments}.update(at);
  }
};

/// Adam with Nesterov's look ahead: m' = beta1 m / (1 - beta1^(k+1)) + (1 - beta1) g / (1 - beta1^k) in place of
/// m / (1 - beta1^k). Dozat, "Incorporating Nesterov momentum into Adam" (2016), with constant beta1.
struct NAdam {
  LearningRate learning_rate = 0.002;
  Moments moments = {};
  Conditioning gradient = {};

  static constexpr std::string_view name = "NAdam";
  static constexpr std::size_t memory = 2;
  void demand_sound() const { moments.demand_sound(name); }
  template <class S>
  void update(S& at) const {
    using T = typename S::Number;
    moments.average(at);
    const T ahead = static_cast<T>(moments.beta1) * moments.correction<T>(at.step + 1);
    const T now = static_cast<T>(1 - moments.beta1) * moments.correction<T>(at.step);
    moments.descend(at, ahead * at.memory(0) + now * at.g, at.memory(1));
  }
};

/// Adam with the largest v so far, so that no step grows because an old gradient is forgotten. Reddi, Kale and Kumar,
/// "On the convergence of Adam and beyond", ICLR 2018, with Adam's corrections.
struct AMSGrad {
  LearningRate learning_rate = 0.001;
  Moments moments = {};
  Conditioning gradient = {};

  static constexpr std::string_view name = "AMSGrad";
  static constexpr std::size_t memory = 3;
  void demand_sound() const { moments.demand_sound(name); }
  template <class S>
  void update(S& at) const {
    moments.average(at);
    auto largest = at.memory(2);
    largest = largest.max(at.memory(1));
    moments.descend(at, at.memory(0) * moments.correction<typename S::Number>(at.step), largest);
  }
};

/// u = sign(beta1 m + (1 - beta1) g), x <- x - eta (u + weight_decay x), m <- beta2 m + (1 - beta2) g. Chen and others,
/// "Symbolic discovery of optimization algorithms" (2023).
struct Lion {
  LearningRate learning_rate = 0.0001;
  double beta1 = 0.9, beta2 = 0.99, weight_decay = 0;
  Conditioning gradient = {};

  static constexpr std::string_view name = "Lion";
  static constexpr std::size_t memory = 1;
  void demand_sound() const {
    methods_detail::demand_fraction(name, "beta1", beta1);
    methods_detail::demand_fraction(name, "beta2", beta2);
    methods_detail::demand_not_negative(name, "the weight decay", weight_decay);
  }
  template <class S>
  void update(S& at) const {
    using T = typename S::Number;
    auto m = at.memory(0);
    at.x -= at.rate * ((static_cast<T>(beta1) * m + static_cast<T>(1 - beta1) * at.g).sign() +
                       at.decay * static_cast<T>(weight_decay) * at.x);
    methods_detail::average(m, beta2, at.g);
  }
};

/// A first-order method in the loop of `minimize`.
template <class M>
class FirstOrderWalker {
 public:
  FirstOrderWalker(const M& method, std::size_t parameters) : optimizer_(method, parameters) {}

  Move advance(const Iterate& from, Iterate& to, Evaluator& evaluate) {
    const Move move{.learning_rate = optimizer_.learning_rate()};
    to.point = from.point;
    optimizer_.step(to.point, from.gradient);
    evaluate(to);
    return move;
  }

 private:
  Optimizer<M> optimizer_;
};

/// A method's part of a walk over n parameters. Throws OptionError for an option outside its domain.
template <class M>
auto walker_of(const M& method, std::size_t parameters) {
  if constexpr (requires { method.walker(parameters); })
    return method.walker(parameters);
  else
    return FirstOrderWalker<M>(method, parameters);
}

}  // namespace downhill
