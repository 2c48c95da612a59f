#include <autodiff/inspect/formula/formula_parser.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <unordered_map>

#include <autodiff/inspect/formula/formula.hpp>
#include <autodiff/inspect/formula/formula_functions.hpp>
#include <autodiff/inspect/formula/formula_text.hpp>

namespace downhill::inspect::formula_detail {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Parsed parse() {
    if (text_.size() > Formula::longest)
      fail(0, 0, fmt::format("{} bytes of text; a formula has at most {}", text_.size(), Formula::longest));
    for (skip_blanks(); at_ < text_.size(); skip_blanks())
      if (wants_operand_)
        read_operand();
      else
        read_operator();
    if (wants_operand_) missing_operand(at_, at_, "the formula ends");
    reduce_to(0);
    if (!pending_.empty()) {
      const Pending& open = pending_.back();
      fail(open.end - 1, open.end, "this ( is never closed; put ) where it ends");
    }
    return std::move(result_);
  }

 private:
  // What waits: an operation for its last operand, or an open parenthesis, of a call or none, for its end.
  struct Pending {
    std::size_t begin, end;
    Instruction instruction{};  // of an operation
    int precedence = 0;         // 0: a parenthesis
    std::string_view function{};
    std::uint32_t operands = 0;  // of a call, as far as they are complete
  };

  [[noreturn]] void fail(std::size_t begin, std::size_t end, std::string_view what) const {
    formula_detail::fail(text_, begin, end, what);
  }

  // ---- characters

  Character peek() const { return at_ < text_.size() ? first_character(text_.substr(at_)) : Character{}; }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(peek().code)) at_ += peek().bytes;
  }
  // The end of the name that begins at a place.
  std::size_t end_of_name(std::size_t at) const {
    while (at < text_.size()) {
      const Character c = first_character(text_.substr(at));
      if (!continues_name(c.code)) break;
      at += c.bytes;
    }
    return at;
  }
  bool number_begins() const {
    return is_digit(peek().code) ||
           (peek().code == '.' && at_ + 1 < text_.size() && is_digit(char32_t(text_[at_ + 1])));
  }
  std::string quoted(std::size_t begin, std::size_t end) const {
    constexpr std::size_t most = 40;  // bytes that a message repeats
    if (end - begin <= most) return fmt::format("'{}'", text_.substr(begin, end - begin));
    std::size_t cut = begin;
    while (cut < begin + most) cut += first_character(text_.substr(cut)).bytes;
    return fmt::format("'{}...'", text_.substr(begin, cut - begin));
  }

  // ---- where an operand is wanted

  void read_operand() {
    const std::size_t begin = at_;
    const Character c = peek();
    if (number_begins()) return read_number();
    if (starts_name(c.code)) return read_name();
    at_ += c.bytes;
    switch (operator_of(c.code)) {
      case '+': return;
      case '-': return push({begin, at_, {Kind::unary, Unary::index_of<Negate>()}, sign_precedence});
      case '(': return push({begin, at_});
      case '*':
        if (begin > 0 && text_[begin - 1] == '*') fail(begin - 1, at_, "** is no operator; write ^ for a power");
        [[fallthrough]];
      case '/':
      case '^':
      case '2':
      case '3':
      case ')':
      case ',': missing_operand(begin, at_, described(c, text_.substr(begin)));
      default: refuse(begin, c);
    }
  }

  [[noreturn]] void missing_operand(std::size_t begin, std::size_t end, std::string_view found) const {
    if (pending_.empty() && result_.instructions.empty() && end == text_.size() && begin == end)
      fail(0, 0, "the formula is empty; type an expression such as tanh(w*x + b) - y");
    fail(begin, end, fmt::format("{} where a number, a name or ( should stand", found));
  }

  void read_number() {
    const std::size_t begin = at_;
    const char* const end = text_.data() + text_.size();
    Instruction instruction{Kind::number};
    const auto [stop, error] = std::from_chars(text_.data() + begin, end, instruction.number);
    at_ = static_cast<std::size_t>(stop - text_.data());
    if (error != std::errc{})
      fail(begin, at_, fmt::format("{} is too large, or too small, for a double", quoted(begin, at_)));
    operand(instruction, begin);
  }

  void read_name() {
    const std::size_t begin = at_;
    at_ = end_of_name(begin);
    const std::string_view name = text_.substr(begin, at_ - begin);
    const std::size_t end = at_;
    skip_blanks();
    const Function function(name);
    if (operator_of(peek().code) == '(') {
      if (!function.exists()) no_function(begin, end);
      push({begin, ++at_, {}, 0, function.name});
      return;
    }
    at_ = end;
    if (function.exists()) fail(begin, end, fmt::format("{0} is a function; write {0}(...), or another name", name));
    const auto constant = std::ranges::find(constants, name == "π" ? std::string_view("pi") : name, &Constant::name);
    if (constant != constants.end())
      return operand({Kind::number, static_cast<std::uint32_t>(constant - constants.begin()), 0, constant->value},
                     begin);
    const auto [known, is_new] = indices_.try_emplace(name, static_cast<std::uint32_t>(result_.names.size()));
    if (is_new) result_.names.emplace_back(name);
    operand({Kind::name, known->second}, begin);
  }

  [[noreturn]] void no_function(std::size_t begin, std::size_t end) const {
    const std::string_view name = text_.substr(begin, end - begin);
    const std::string shown = quoted(begin, end);
    if (indices_.contains(name) || std::ranges::find(constants, name, &Constant::name) != constants.end())
      fail(begin, end, fmt::format("{} is no function; for a product write {}*(...)", shown, name));
    fail(begin, end, fmt::format("{} is no function{}", shown, instead_of(name)));
  }

  void operand(const Instruction& instruction, std::size_t begin) {
    result_.instructions.push_back(instruction);
    last_ = begin;
    wants_operand_ = false;
  }

  // ---- where an operator is wanted

  void read_operator() {
    const std::size_t begin = at_;
    const Character c = peek();
    if (number_begins() || starts_name(c.code) || c.code == '(') missing_operator();
    at_ += c.bytes;
    switch (operator_of(c.code)) {
      case '+': return binary<Add>(begin, sum_precedence);
      case '-': return binary<Subtract>(begin, sum_precedence);
      case '*': return binary<Multiply>(begin, product_precedence);
      case '/': return binary<Divide>(begin, product_precedence);
      case '^': return binary<Power>(begin, power_precedence);
      case '2': return raise(2);
      case '3': return raise(3);
      case ',': return end_operand(begin);
      case ')': return close(begin);
      default: refuse(begin, c);
    }
  }

  // Operations from the left come first where they bind as tightly, but for powers.
  template <class Rule>
  void binary(std::size_t begin, int precedence) {
    reduce_to(precedence == power_precedence ? precedence + 1 : precedence);
    push({begin, at_, {Kind::binary, Binary::index_of<Rule>()}, precedence});
    wants_operand_ = true;
  }
  void raise(double exponent) {  // binds tighter than all that waits
    result_.instructions.push_back({Kind::number, 0, 0, exponent});
    result_.instructions.push_back({Kind::binary, Binary::index_of<Power>()});
  }

  void push(const Pending& pending) {
    if (pending_.size() >= Formula::deepest)
      fail(
          pending.begin, pending.end,
          fmt::format("more than {} operations and parentheses are open here; compute a part of the formula on its own",
                      Formula::deepest));
    pending_.push_back(pending);
  }
  // Carries out what waits and binds at least as tightly.
  void reduce_to(int precedence) {
    for (; !pending_.empty() && pending_.back().precedence > 0 && pending_.back().precedence >= precedence;
         pending_.pop_back())
      result_.instructions.push_back(pending_.back().instruction);
  }

  void end_operand(std::size_t begin) {
    reduce_to(0);
    if (pending_.empty() || pending_.back().function.empty())
      fail(begin, at_, "a comma stands only between the operands of a function; decimals are written with a point");
    complete_operand();
    wants_operand_ = true;
  }
  void complete_operand() {
    Pending& call = pending_.back();
    const Function function(call.function);
    if (++call.operands >= 2 && function.joins()) result_.instructions.push_back({Kind::binary, function.binary});
  }
  void close(std::size_t begin) {
    reduce_to(0);
    if (pending_.empty()) fail(begin, at_, "this ) closes nothing; remove it, or put ( where it belongs");
    if (!pending_.back().function.empty()) {
      complete_operand();
      call(pending_.back());
    }
    last_ = begin;
    pending_.pop_back();
  }

  void call(const Pending& made) {
    const Function function(made.function);
    const std::uint32_t count = made.operands;
    auto& instructions = result_.instructions;
    if (function.joins() && count >= 2) return;
    if (function.has_range()) return instructions.push_back({Kind::range, function.range, count});
    if (function.has_unary() && count == 1) return instructions.push_back({Kind::unary, function.unary});
    if (function.has_default() && count == 1) instructions.push_back({Kind::number, 0, 0, function.default_operand()});
    if (function.has_binary() && (count == 2 || (function.has_default() && count == 1)))
      return instructions.push_back({Kind::binary, function.binary});
    if (function.has_ternary() && count == 3) return instructions.push_back({Kind::ternary, function.ternary});
    fail(made.begin, made.end - 1, fmt::format("{} takes {}, not {}", function.name, function.operands(), count));
  }

  [[noreturn]] void missing_operator() {
    const std::size_t begin = at_;
    const bool is_number = number_begins();
    double ignored = 0;
    const std::size_t end =
        is_number ? static_cast<std::size_t>(
                        std::from_chars(text_.data() + begin, text_.data() + text_.size(), ignored).ptr - text_.data())
                  : std::max(end_of_name(begin), begin + 1);
    const std::string_view product = text_.substr(last_, end - last_);
    constexpr std::size_t most = 40;
    const bool can_be_shown =
        product.size() <= most && text_[last_] != ')' && product.find_first_of("\r\n\t") == product.npos;
    std::size_t last_end = begin;
    while (text_[last_end - 1] == ' ') --last_end;
    fail(begin, end,
         fmt::format("an operator is missing before {}; {}", quoted(begin, end),
                     can_be_shown ? fmt::format("for a product write {}*{}", text_.substr(last_, last_end - last_),
                                                text_.substr(begin, end - begin))
                                  : "a product needs *"));
  }

  [[noreturn]] void refuse(std::size_t begin, Character c) const {
    const std::string_view hint = [&]() -> std::string_view {
      switch (c.code) {
        case '=': return "; a formula is one expression: to solve a = b, look for the zeros of a - b";
        case '<':
        case '>': return "; a comparison has no slope: max, min, clamp and relu choose";
        case '[':
        case ']':
        case '{':
        case '}': return "; write ( and )";
        case '|': return "; write abs(x)";
        case '%': return "; write fmod(x, y) for a remainder";
        case '!': return "; n! is exp(lgamma(n + 1))";
        case '.': return "; a number has a digit next to its point";
        case ';': return "; operands are separated by a comma";
        default: return "";
      }
    }();
    fail(begin, begin + c.bytes, fmt::format("{} has no meaning here{}", described(c, text_.substr(begin)), hint));
  }

  std::string_view text_;
  std::size_t at_ = 0, last_ = 0;  // last_: where the last operand began, or the ) that ended it
  bool wants_operand_ = true;
  std::vector<Pending> pending_;
  std::unordered_map<std::string_view, std::uint32_t> indices_;  // of names
  Parsed result_;
};

}  // namespace

Precedence precedence_of(const Instruction& instruction) {
  if (instruction.kind == Kind::unary && instruction.index == Unary::index_of<Negate>()) return sign_precedence;
  if (instruction.kind != Kind::binary || !is_operator(Binary::names[instruction.index])) return call_precedence;
  if (instruction.index == Binary::index_of<Power>()) return power_precedence;
  const bool is_sum = instruction.index == Binary::index_of<Add>() || instruction.index == Binary::index_of<Subtract>();
  return is_sum ? sum_precedence : product_precedence;
}

Parsed parse(std::string_view text) { return Parser(text).parse(); }

}  // namespace downhill::inspect::formula_detail
