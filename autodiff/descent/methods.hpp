#pragma once
/// \file
/// First-order methods: a formula for the next point x, from the gradient g and what is remembered of earlier ones.
///
/// Each method is a struct of its options. `update` is called before each step with its number k, from 1, and its
/// learning rate eta; it returns the formula that an Optimizer applies to every parameter x, its gradient g, and
/// `memory` further numbers. In all of them the option `gradient` says what happens to the gradient first: weight decay
/// and clipping. `demand_sound` throws OptionError for options outside their domains.

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

// m <- beta m + (1 - beta) a, an average that forgets old numbers.
template <class T>
struct Average {
  T kept, taken;
  explicit Average(double beta) : kept(static_cast<T>(beta)), taken(static_cast<T>(1 - beta)) {}
  void operator()(T& m, T a) const { m = kept * m + taken * a; }
};
// 1 - beta^k: the sum of the weights in such an average of k numbers that began at 0.
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
  template <class T>
  auto update(const StepOf<T>& now) const {
    return [eta = now.rate](T& x, T g) { x -= eta * g; };
  }
};

/// v <- mu v - eta g, x <- x + v: the heavy ball. The rate goes into v, so that under a schedule a step keeps the rates
/// at which its parts were made; PyTorch's SGD has v <- mu v + g, x <- x - eta v, where a new rate at once scales all
/// of v. With a constant rate the two are the same. Polyak, "Some methods of speeding up the convergence of iteration
/// methods", USSR Comp. Math. and Math. Phys. 4 (1964).
struct Momentum {
  LearningRate learning_rate = 0.01;
  double momentum = 0.9;  ///< mu
  Conditioning gradient = {};

  static constexpr std::string_view name = "Momentum";
  static constexpr std::size_t memory = 1;
  void demand_sound() const { methods_detail::demand_fraction(name, "the momentum", momentum); }
  template <class T>
  auto update(const StepOf<T>& now) const {
    return [eta = now.rate, mu = static_cast<T>(momentum)](T& x, T g, T& v) {
      v = mu * v - eta * g;
      x += v;
    };
  }
};

/// v <- mu v - eta g, x <- x + mu v - eta g, where x is the point that looks ahead: y_k of Nesterov, "A method for
/// solving a convex programming problem with convergence rate O(1/k²)", Soviet Math. Doklady 27 (1983), with constant
/// momentum, in the form of Sutskever and others, "On the importance of initialization and momentum" (2013). Under
/// a schedule the rate goes into v, as in Momentum.
struct Nesterov {
  LearningRate learning_rate = 0.01;
  double momentum = 0.9;  ///< mu
  Conditioning gradient = {};

  static constexpr std::string_view name = "Nesterov";
  static constexpr std::size_t memory = 1;
  void demand_sound() const { methods_detail::demand_fraction(name, "the momentum", momentum); }
  template <class T>
  auto update(const StepOf<T>& now) const {
    return [eta = now.rate, mu = static_cast<T>(momentum)](T& x, T g, T& v) {
      v = mu * v - eta * g;
      x += mu * v - eta * g;
    };
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
  template <class T>
  auto update(const StepOf<T>& now) const {
    return [eta = now.rate, e = static_cast<T>(epsilon)](T& x, T g, T& s) {
      s += g * g;
      x -= eta * g / (std::sqrt(s) + e);
    };
  }
};

/// s <- rho s + (1 - rho) g², d = g sqrt(r + epsilon) / sqrt(s + epsilon), r <- rho r + (1 - rho) d²,
/// x <- x - eta d. Zeiler, "ADADELTA: an adaptive learning rate method" (2012), where eta is 1 and rho 0.95
/// (in PyTorch 0.9).
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
  template <class T>
  auto update(const StepOf<T>& now) const {
    return [eta = now.rate, average = methods_detail::Average<T>(rho), e = static_cast<T>(epsilon)](T& x, T g, T& s,
                                                                                                    T& r) {
      average(s, g * g);
      const T d = g * std::sqrt((r + e) / (s + e));
      x -= eta * d;
      average(r, d * d);
    };
  }
};

/// s <- rho s + (1 - rho) g², x <- x - eta g / (sqrt(s) + epsilon). Tieleman and Hinton, "Neural networks for machine
/// learning", lecture 6.5 (2012), where rho is 0.9 (in PyTorch 0.99).
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
  template <class T>
  auto update(const StepOf<T>& now) const {
    return [eta = now.rate, average = methods_detail::Average<T>(rho), e = static_cast<T>(epsilon)](T& x, T g, T& s) {
      average(s, g * g);
      x -= eta * g / (std::sqrt(s) + e);
    };
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

  /// The averages as one step needs them.
  template <class T>
  struct In {
    methods_detail::Average<T> of_gradient, of_square;
    T eta, epsilon;
    T correction, next_correction;  // 1 / (1 - beta1^k), and that of the next step
    T of_root;                      // 1 / sqrt(1 - beta2^k)

    In(const Moments& moments, const StepOf<T>& now)
        : of_gradient(moments.beta1),
          of_square(moments.beta2),
          eta(now.rate),
          epsilon(static_cast<T>(moments.epsilon)),
          correction(static_cast<T>(1 / methods_detail::weight_seen(moments.beta1, now.k))),
          next_correction(static_cast<T>(1 / methods_detail::weight_seen(moments.beta1, now.k + 1))),
          of_root(static_cast<T>(1 / std::sqrt(methods_detail::weight_seen(moments.beta2, now.k)))) {}
    /// m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g².
    void average(T g, T& m, T& v) const {
      of_gradient(m, g);
      of_square(v, g * g);
    }
    /// x <- x - eta m' / (sqrt(v / (1 - beta2^k)) + epsilon), where the method gives m' and v.
    void descend(T& x, T m, T v) const { x -= eta * m / (std::sqrt(v) * of_root + epsilon); }
  };
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
  template <class T>
  auto update(const StepOf<T>& now) const {
    return [in = Moments::In<T>(moments, now)](T& x, T g, T& m, T& v) {
      in.average(g, m, v);
      in.descend(x, m * in.correction, v);
    };
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
  template <class T>
  auto update(const StepOf<T>& now) const {
    return [kept = 1 - now.rate * now.decay * static_cast<T>(weight_decay),
            adam = Adam{.moments = moments}.update(now)](T& x, T g, T& m, T& v) {
      x *= kept;
      adam(x, g, m, v);
    };
  }
};

/// Adam with Nesterov's look ahead: m' = beta1 m / (1 - beta1^(k+1)) + (1 - beta1) g / (1 - beta1^k) in place of
/// m / (1 - beta1^k). Dozat, "Incorporating Nesterov momentum into Adam" (2016), with constant beta1 (in
/// PyTorch it grows with the steps, by momentum_decay).
struct NAdam {
  LearningRate learning_rate = 0.002;
  Moments moments = {};
  Conditioning gradient = {};

  static constexpr std::string_view name = "NAdam";
  static constexpr std::size_t memory = 2;
  void demand_sound() const { moments.demand_sound(name); }
  template <class T>
  auto update(const StepOf<T>& now) const {
    const Moments::In<T> in(moments, now);
    const T ahead = in.of_gradient.kept * in.next_correction, of_g = in.of_gradient.taken * in.correction;
    return [=](T& x, T g, T& m, T& v) {
      in.average(g, m, v);
      in.descend(x, ahead * m + of_g * g, v);
    };
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
  template <class T>
  auto update(const StepOf<T>& now) const {
    return [in = Moments::In<T>(moments, now)](T& x, T g, T& m, T& v, T& largest) {
      in.average(g, m, v);
      largest = v > largest ? v : largest;
      in.descend(x, m * in.correction, largest);
    };
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
  template <class T>
  auto update(const StepOf<T>& now) const {
    return [eta = now.rate, mixed = methods_detail::Average<T>(beta1), average = methods_detail::Average<T>(beta2),
            decay = now.decay * static_cast<T>(weight_decay)](T& x, T g, T& m) {
      T u = m;
      mixed(u, g);
      x -= eta * (T(u > 0) - T(u < 0) + decay * x);
      average(m, g);
    };
  }
};

// The steps of these are compiled once, in methods.cpp.
extern template class Optimizer<GradientDescent, float>;
extern template class Optimizer<GradientDescent, double>;
extern template class Optimizer<Momentum, float>;
extern template class Optimizer<Momentum, double>;
extern template class Optimizer<Nesterov, float>;
extern template class Optimizer<Nesterov, double>;
extern template class Optimizer<AdaGrad, float>;
extern template class Optimizer<AdaGrad, double>;
extern template class Optimizer<AdaDelta, float>;
extern template class Optimizer<AdaDelta, double>;
extern template class Optimizer<RMSProp, float>;
extern template class Optimizer<RMSProp, double>;
extern template class Optimizer<Adam, float>;
extern template class Optimizer<Adam, double>;
extern template class Optimizer<AdamW, float>;
extern template class Optimizer<AdamW, double>;
extern template class Optimizer<NAdam, float>;
extern template class Optimizer<NAdam, double>;
extern template class Optimizer<AMSGrad, float>;
extern template class Optimizer<AMSGrad, double>;
extern template class Optimizer<Lion, float>;
extern template class Optimizer<Lion, double>;

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
