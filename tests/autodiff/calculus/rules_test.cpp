// The list of rules has every rule.

#include <autodiff/calculus/rules.hpp>

#include <string>

#include "support/catch.hpp"
#include "support/named_structs.hpp"

using namespace downhill;

TEST_CASE("every rule that is written is in the list of rules") {
  for (const std::string file : {"calculus.hpp", "calculus/kinks.hpp", "calculus/networks.hpp", "ranges.hpp"})
    test::check_listed("autodiff/" + file, "AllRules of autodiff/calculus/rules.hpp", AllRules::names());
}

TEST_CASE("the rules of each arity together are all rules") {
  static_assert(RulesOfArity<1>::size + RulesOfArity<2>::size + RulesOfArity<3>::size +
                    RulesOfArity<any_number>::size ==
                AllRules::size);
  CHECK(arity_of<Exp> == 1);
  CHECK(arity_of<Pow> == 2);
  CHECK(arity_of<Fma> == 3);
  CHECK(arity_of<RangeSum> == any_number);
}
