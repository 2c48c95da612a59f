// The list of methods has every method, and each is compiled in the library.

#include <autodiff/descent/all_methods.hpp>

#include <string>
#include <type_traits>

#include "support/catch.hpp"
#include "support/named_structs.hpp"

using namespace downhill;

TEST_CASE("every method that is written is in the list of methods") {
  for (const std::string file :
       {"methods.hpp", "quasi_newton.hpp", "least_squares/gauss_newton.hpp", "least_squares/levenberg_marquardt.hpp"})
    test::check_listed("autodiff/descent/" + file, "AllMethods of autodiff/descent/all_methods.hpp",
                       AllMethods::names());
  test::check_listed("autodiff/descent/line_search.hpp", "AllLineSearches of that file", AllLineSearches::names());
}

TEST_CASE("what a method needs to be told says which kind it is of") {
  static_assert(FirstOrderMethod<Adam> && !ResidualMethod<Adam>);
  static_assert(!FirstOrderMethod<BoundedLbfgs> && !ResidualMethod<BoundedLbfgs>);
  static_assert(!FirstOrderMethod<GaussNewton> && ResidualMethod<GaussNewton>);
  CHECK(GradientMethods::contains<Lbfgs>);
  CHECK(!GradientMethods::contains<LevenbergMarquardt>);
  CHECK(FirstOrderMethods::contains<Lion>);
  CHECK(!FirstOrderMethods::contains<Lbfgs>);
}

TEST_CASE("the steps of every first-order method are compiled in the library") {
  const std::string header = test::source_text("autodiff/descent/methods.hpp");
  const std::string source = test::source_text("autodiff/descent/methods.cpp");
  FirstOrderMethods::for_each([&]<class M>(std::type_identity<M>) {
    for (const std::string number : {"float", "double"}) {
      const std::string steps = "template class Optimizer<" + std::string(M::name) + ", " + number + ">;\n";
      INFO("add 'extern " << steps << "' to methods.hpp, and the same without extern to methods.cpp");
      CHECK(header.find("\nextern " + steps) != std::string::npos);
      CHECK(source.find("\n" + steps) != std::string::npos);
    }
  });
}
