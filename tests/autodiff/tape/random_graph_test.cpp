// Random programs, run twice: on a tape, and in forward mode in long double. Every way to hand an operand over, to
// keep, copy, move, overwrite and drop a result takes part, because folding stands and falls with who knows of a slot.

#include "support/catch.hpp"

#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/operation_table.hpp"

using namespace operations;

namespace {

template <class T>
struct Table {
  std::vector<Operation<T>> by_operands[3] = {unary_operations<T>(), binary_operations<T>(), ternary_operations<T>()};
  std::vector<Assignment<T>> assign = assignments<T>();
  std::map<std::string_view, int> used;
};

/// Registers, each a Var and what it should be, and a random program that works on them.
template <class T>
class Machine {
 public:
  Machine(Table<T>& table, unsigned seed) : table_(table), random_(seed) {
    const std::size_t variables = 1 + below(4);
    for (std::size_t i = 0; i < variables; ++i) add_variable();
  }

  void run(std::size_t steps) {
    for (std::size_t i = 0; i < steps; ++i) {
      step();
      while (registers_.size() > 12) erase(below(registers_.size()));
    }
  }

  /// Compares every register, its value and its derivatives, with the reference.
  void compare() {
    for (const Register& r : registers_) {
      const Real error = std::abs(r.var.value() - r.expected.value);
      if (!(error <= 2 * r.expected.noise)) FAIL_CHECK("value " << r.var.value() << ", not " << r.expected.value);
      if (!r.var.is_active()) {
        for (const Real t : r.expected.tangent)
          if (t != 0) FAIL_CHECK("passive, in spite of a derivative " << t);
        continue;
      }
      tape_.gradient(r.var, gradient_);
      for (std::size_t k = 0; k < variables_.size(); ++k) {
        const Real slope = gradient_[variables_[k]], expected = r.expected.tangent[k];
        const Real tolerance = 4 * r.expected.tangent_noise[k] + 16 * epsilon * r.expected.paths[k];
        if (!(std::abs(slope - expected) <= tolerance))
          FAIL_CHECK("derivative " << slope << ", not " << expected << ": off by " << slope - expected
                                   << ", with a tolerance of " << tolerance);
      }
    }
  }

  const std::string& program() const { return program_; }

 private:
  struct Register {
    Var<T> var;
    reference::Number expected;
    std::size_t changed;  // when; a rewind to an earlier mark drops it
  };
  struct Place {
    Mark mark;
    std::size_t time, variables;
  };
  static constexpr Real epsilon = std::numeric_limits<T>::epsilon();

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  T number() { return std::uniform_real_distribution<T>(T(-2), T(2))(random_); }
  // Half of the time the newest register: its statement may be folded.
  std::size_t any_register() { return below(2) == 0 ? registers_.size() - 1 : below(registers_.size()); }
  void erase(std::size_t i) { registers_.erase(registers_.begin() + static_cast<std::ptrdiff_t>(i)); }
  void note(std::string_view what) { program_.append(what).append("; "); }

  void keep(Var<T> var, const reference::Number& expected) {
    registers_.push_back({std::move(var), expected, ++time_});
  }

  void add_variable() {
    const T value = number();
    variables_.push_back(tape_.variable(value));
    keep(variables_.back(), reference::variable(value, variables_.size() - 1));
  }

  void step() {
    if (registers_.empty()) return keep(variables_[0], reference::variable(variables_[0].value(), 0));
    switch (below(24)) {
      case 0: note("copy"); return registers_.push_back(Register(registers_[any_register()]));
      case 1: note("overwrite"); return overwrite();
      case 2: note("move"); return move();
      case 3: return add_plain_or_variable();
      case 4: note("sweep"); return tape_.gradient(variables_[0], gradient_);
      case 5: return below(2) == 0 ? mark() : rewind();
      case 6: return name();
      case 7: return accumulate();
      case 8:
      case 9:
      case 10:
      case 11:
      case 12:
      case 13: return assign();
      default: return operate();
    }
  }

  void overwrite() {  // at times by itself
    Register& target = registers_[any_register()];
    target = registers_[any_register()];
  }
  void move() {
    Register& a = registers_[any_register()];
    Register& b = registers_[any_register()];
    switch (below(3)) {
      case 0: return std::swap(a, b);
      case 1: a = std::move(a); return;
      default:
        if (&a == &b) return;
        Register taken = std::move(a);
        a = b;
        registers_.push_back(std::move(taken));
    }
  }
  void add_plain_or_variable() {
    if (below(2) == 0 && variables_.size() < reference::most_variables) {
      note("variable");
      return add_variable();
    }
    note("plain number");
    const T value = number();
    keep(value, reference::constant(value));
  }
  void mark() {
    note("mark");
    places_.push_back({tape_.mark(), time_, variables_.size()});
  }
  void rewind() {
    if (places_.empty()) return;
    note("rewind");
    const Place place = places_[below(places_.size())];
    tape_.rewind(place.mark);
    variables_.resize(place.variables);
    std::erase_if(registers_, [&](const Register& r) { return r.changed > place.time; });
    std::erase_if(places_, [&](const Place& p) { return p.time > place.time; });
  }
  void name() {
    note("name");
    const Var<T>& x = registers_[any_register()].var;
    if (x.is_active()) tape_.name(x, "named");
  }
  void accumulate() {
    const bool moving = below(2) == 0;
    reference::Number expected;
    const reference::Function plus = table_.by_operands[1][0].mathematics;
    for (const Register& r : registers_) {
      const auto next = reference::apply(plus, {expected, r.expected}, epsilon);
      if (!next) return;
      expected = *next;
    }
    note(moving ? "accumulate, moving" : "accumulate");
    std::vector<Var<T>> terms;
    for (Register& r : registers_) terms.push_back(moving ? std::move(r.var) : r.var);
    if (moving) registers_.clear();
    Var<T> total = moving ? std::accumulate(std::make_move_iterator(terms.begin()),
                                            std::make_move_iterator(terms.end()), Var<T>(0))
                          : std::accumulate(terms.begin(), terms.end(), Var<T>(0));
    keep(std::move(total), expected);
  }

  // Chooses how to hand over the register i, and says what the function will see.
  Operand<T> choose(std::size_t i, bool may_move, reference::Number& seen) {
    auto form = static_cast<Form>(below(4));
    if (form == Form::temporary && !may_move) form = Form::named;
    const T plain = number();
    seen = form == Form::plain ? reference::constant(plain) : registers_[i].expected;
    return {&registers_[i].var, form, plain};
  }

  void operate() {
    for (int attempt = 0; attempt < 20; ++attempt) {
      const std::size_t operands = below(3) == 0 ? 1 : below(6) == 0 ? 3 : 2;
      const auto& candidates = table_.by_operands[operands - 1];
      const Operation<T>& operation = candidates[below(candidates.size())];
      std::array<std::size_t, 3> index{};
      std::array<Operand<T>, 3> operand{};
      std::array<reference::Number, 3> seen;
      for (std::size_t i = 0; i < operands; ++i) {
        index[i] = any_register();
        bool may_move = true;
        for (std::size_t j = 0; j < i; ++j)
          if (index[j] == index[i]) may_move = !operation.needs_distinct_operands;
        operand[i] = choose(index[i], may_move, seen[i]);
      }
      if (operation.needs_distinct_operands)
        for (std::size_t i = 0; i < operands; ++i)
          for (std::size_t j = i + 1; j < operands; ++j)
            if (index[i] == index[j] && operand[i].form == Form::temporary) operand[i].form = Form::constant;
      const auto expected = reference::apply(operation.mathematics, seen, epsilon);
      if (!expected) continue;
      note(operation.name);
      ++table_.used[operation.name];
      Var<T> result = operation.call(operand.data());
      drop_moved(index, operand, operands);
      if (below(4) == 0 && !registers_.empty())
        registers_[any_register()] = {std::move(result), *expected, ++time_};
      else
        keep(std::move(result), *expected);
      return;
    }
  }
  void drop_moved(const std::array<std::size_t, 3>& index, const std::array<Operand<T>, 3>& operand, std::size_t n) {
    std::vector<std::size_t> moved;
    for (std::size_t i = 0; i < n; ++i)
      if (operand[i].form == Form::temporary) moved.push_back(index[i]);
    std::sort(moved.rbegin(), moved.rend());
    moved.erase(std::unique(moved.begin(), moved.end()), moved.end());
    for (const std::size_t i : moved) erase(i);
  }

  void assign() {
    const Assignment<T>& assignment = table_.assign[below(table_.assign.size())];
    const std::size_t target = any_register(), source = any_register();
    std::array<reference::Number, 3> seen{registers_[target].expected};
    const Operand<T> operand = choose(source, target != source, seen[1]);
    const auto expected = reference::apply(assignment.mathematics, seen, epsilon);
    if (!expected) return;
    note(assignment.name);
    ++table_.used[assignment.name];
    assignment.call(registers_[target].var, operand);
    registers_[target].expected = *expected;
    registers_[target].changed = ++time_;
    if (operand.form == Form::temporary) erase(source);
  }

  Table<T>& table_;
  std::mt19937 random_;
  Tape<T> tape_;
  Gradient<T> gradient_;
  std::vector<Var<T>> variables_;
  std::vector<Register> registers_;
  std::vector<Place> places_;
  std::size_t time_ = 0;
  std::string program_;
};

}  // namespace

TEST_CASE("every rule of the list has its formula among those of the random programs", "[random_graph]") {
  AllRules::for_each([]<class Rule>(std::type_identity<Rule>) {
    INFO("the rule '" << Rule::name << "': add its value and slopes to tests/support/rule_formulas.hpp");
    CHECK(formula_of<Rule>() != nullptr);
  });
}

TEMPLATE_TEST_CASE("random programs agree with forward mode in long double", "[random_graph]", double, float) {
  using T = TestType;
  Table<T> table;
  for (unsigned seed = 0; seed < 4000; ++seed) {
    Machine<T> machine(table, seed);
    INFO("seed " << seed);
    try {
      machine.run(2 + seed % 199);
      machine.compare();
    } catch (const Error& error) {
      INFO(machine.program());
      FAIL_CHECK(error.what());
    }
  }
  for (const auto& operations : table.by_operands)
    for (const Operation<T>& operation : operations) {
      INFO(operation.name);
      CHECK(table.used[operation.name] > 100);
    }
}
