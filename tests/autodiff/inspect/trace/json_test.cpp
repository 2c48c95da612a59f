#include <autodiff/inspect/trace/json.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <nlohmann/json.hpp>

#include "support/random_expression.hpp"

using namespace downhill;
using inspect::Record;
using inspect::Trace;
using nlohmann::json;

namespace {

/// As much of JSON Schema as our schema uses: what does not fit, with its place; empty where all does.
class Validator {
 public:
  Validator() { std::ifstream(DOWNHILL_TEST_DATA "/../../docs/trace.schema.json") >> schema_; }
  std::string operator()(const json& document) const { return check(schema_, document, "$"); }

 private:
  static bool is_of_type(const std::string& type, const json& x) {
    if (type == "object") return x.is_object();
    if (type == "array") return x.is_array();
    if (type == "string") return x.is_string();
    if (type == "number") return x.is_number();
    if (type == "integer") return x.is_number_integer();
    if (type == "null") return x.is_null();
    return false;
  }
  std::string check(const json& rule, const json& x, const std::string& place) const {
    if (rule.contains("$ref")) {
      const std::string wrong =
          check(schema_.at(json::json_pointer(rule["$ref"].get<std::string>().substr(1))), x, place);
      if (!wrong.empty()) return wrong;
    }
    if (rule.contains("const") && x != rule["const"]) return place + " is not " + rule["const"].dump();
    if (rule.contains("enum") && std::ranges::find(rule["enum"], x) == rule["enum"].end()) return place + ": enum";
    if (rule.contains("anyOf")) {
      bool fits = false;
      for (const json& one : rule["anyOf"]) fits = fits || check(one, x, place).empty();
      if (!fits) return place + ": anyOf";
    }
    if (rule.contains("type")) {
      const json types = rule["type"].is_array() ? rule["type"] : json::array({rule["type"]});
      if (!std::ranges::any_of(types, [&](const json& type) { return is_of_type(type.get<std::string>(), x); }))
        return place + " is not of type " + types.dump();
    }
    if (rule.contains("minimum") && x.is_number() && x < rule["minimum"]) return place + ": minimum";
    if (rule.contains("minItems") && x.is_array() && x.size() < rule["minItems"]) return place + ": minItems";
    if (rule.contains("maxItems") && x.is_array() && x.size() > rule["maxItems"]) return place + ": maxItems";
    if (rule.contains("items") && x.is_array())
      for (std::size_t i = 0; i < x.size(); ++i)
        if (std::string wrong = check(rule["items"], x[i], place + "[" + std::to_string(i) + "]"); !wrong.empty())
          return wrong;
    if (!x.is_object()) return {};
    if (rule.contains("required"))
      for (const json& name : rule["required"])
        if (!x.contains(name.get<std::string>())) return place + " has no " + name.dump();
    for (const auto& [name, member] : x.items()) {
      if (rule.contains("properties") && rule["properties"].contains(name)) {
        if (std::string wrong = check(rule["properties"][name], member, place + "." + name); !wrong.empty())
          return wrong;
      } else if (rule.contains("additionalProperties")) {
        return place + " should not have " + name;
      }
    }
    return {};
  }
  json schema_;
};

double number(const json& x) {
  if (!x.is_string()) return x.get<double>();
  if (x == "NaN") return std::numeric_limits<double>::quiet_NaN();
  return x == "Infinity" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}
bool same(double a, double b) {
  return (a == b && std::signbit(a) == std::signbit(b)) || (std::isnan(a) && std::isnan(b));
}

}  // namespace

TEST_CASE("documents of random programs fit the schema, and hold the record to the bit", "[json]") {
  const Validator validate;
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    Tape<double> tape;
    Trace trace(tape);
    const std::vector<Var<double>> x = tape.variables(std::vector{0.1, -1.5, 1e-300});
    const Record record = trace.of(random_expression::make(x, seed, 30));
    const json document = json::parse(inspect::json(record));
    CHECK(validate(document) == "");
    REQUIRE(document["steps"].size() == record.steps.size());
    for (std::size_t i = 0; i < record.steps.size(); ++i) {
      const inspect::RecordedStep& step = record.steps[i];
      const json& written = document["steps"][i];
      CHECK(written["label"] == step.label);
      CHECK(same(number(written["values"][0]), step.values[0]));
      CHECK(same(number(written["adjoints"][0]), step.adjoints[0]));
      for (std::size_t k = 0; k < step.operands.size(); ++k) {
        CHECK(written["operands"][k]["slot"].is_null() == step.operands[k].is_plain());
        if (step.operands[k].slope) CHECK(same(number(written["operands"][k]["slope"]), *step.operands[k].slope));
      }
    }
    REQUIRE(document["sweep"].size() == record.sweep.size());
    for (std::size_t i = 0; i < record.sweep.size(); ++i)
      for (std::size_t k = 0; k < record.sweep[i].contributions.size(); ++k)
        CHECK(same(number(document["sweep"][i]["contributions"][k]["flow"][0]),
                   record.sweep[i].contributions[k].flow[0]));
  }
}

TEST_CASE("NaN, infinities, -0, names with quotes and places survive", "[json]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto x = tape.variable(-0.0, "a \"quoted\" \\ name\n");
  const auto here = trace.here("scope");
  const auto logarithm = log(x), ratio = x / x;
  const Record record = trace.of(logarithm + ratio);
  const json document = json::parse(inspect::json(record));
  CHECK(Validator()(document) == "");
  CHECK(document["steps"][0]["name"] == "a \"quoted\" \\ name\n");
  CHECK(std::signbit(document["steps"][0]["values"][0].get<double>()));
  CHECK(document["steps"][1]["values"][0] == "-Infinity");
  CHECK(document["steps"][1]["operands"][0]["slope"] == "Infinity");
  CHECK(document["steps"][2]["values"][0] == "NaN");
  CHECK(document["steps"][1]["source"]["scope"] == "scope");
  CHECK(document["steps"][1]["source"]["line"] > 0);
}

TEST_CASE("a block has its constants and its slopes", "[json]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = parameters<double>(tape, std::vector{1.0, 2.0}, 2, 1, "W");
  const Record record = trace.of(sum(product(VarMatrix<double>(Eigen::RowVector2d(3, 4)), w)));
  const json document = json::parse(inspect::json(record)), product = document["steps"][1];
  CHECK(Validator()(document) == "");
  CHECK(product["operands"][0]["values"] == json{3, 4});
  CHECK(product["operands"][0]["shape"] == json{1, 2});
  CHECK(product["operands"][1]["values"].is_null());
  CHECK(product["slopes"] == json{{0, 1, 0, 3}, {0, 1, 1, 4}});
  CHECK(document["steps"][0]["slopes"].is_null());
  const json brief = json::parse(inspect::json(record, {.most_elements = 1}));
  CHECK(Validator()(brief) == "");
  CHECK(brief["steps"][1]["slopes"].is_null());
  CHECK(brief["steps"][1]["operands"][0]["values"].is_null());
}

TEST_CASE("large blocks are summed up, and what is not known is null", "[json]") {
  Tape<float> tape;
  auto early = tape.variable(2);
  const auto untraced = early * early;
  Trace trace(tape);
  std::vector<Var<float>> x = tape.variables(std::vector<float>(100, 0.5F));
  const auto many = recompute([](auto v) { return std::vector<Var<float>>(v.begin(), v.end()); })(x);
  const Record record = trace.of(sum(many) * untraced);
  const json document = json::parse(inspect::json(record, {.most_elements = 10}));
  CHECK(Validator()(document) == "");
  CHECK(document["number"] == "float");
  const auto block = std::ranges::find_if(document["steps"], [](const json& step) { return step["kind"] == "block"; });
  REQUIRE(block != document["steps"].end());
  CHECK((*block)["values"].is_null());
  CHECK((*block)["summary"]["values"]["count"] == 100);
  CHECK((*block)["summary"]["values"]["mean"] == 0.5);
  CHECK((*block)["summary"]["adjoints"]["largest"] == 4);
  const auto old = std::ranges::find_if(document["steps"], [](const json& step) { return step["kind"] == "untraced"; });
  CHECK((*old)["values"].is_null());
}

TEST_CASE("the validator finds what does not fit", "[json]") {
  Tape<double> tape;
  Trace trace(tape);
  json document = json::parse(inspect::json(trace.of(tape.variable(1) * 2.0)));
  const Validator validate;
  REQUIRE(validate(document) == "");
  json wrong = document;
  wrong["steps"][0]["kind"] = "guess";
  CHECK(validate(wrong) != "");
  wrong = document;
  wrong["steps"][0].erase("values");
  CHECK(validate(wrong) != "");
  wrong = document;
  wrong["sweep"][0]["more"] = 1;
  CHECK(validate(wrong) != "");
  wrong = document;
  wrong["steps"][0]["slot"] = -1;
  CHECK(validate(wrong) != "");
}

TEST_CASE("a program that was opened is a record within the record", "[json]") {
  const auto program = record([](const auto& w, const auto& s) { return log(w[0] * s[0]); }, 1, 1);
  Tape<double> tape;
  inspect::Trace trace(tape);
  const auto w = tape.variables(std::vector<double>{2});
  const std::vector<double> rows{1, 0, 3};
  const json document = json::parse(inspect::json(trace.of(mean_over(rows, program)(w))));
  CHECK(Validator()(document).empty());
  const json& opened = document["steps"].back()["opened"];
  CHECK(opened["samples"] == 3);
  CHECK(opened["sample"] == 1);  // where something is not finite
  CHECK(opened["record"]["steps"].size() == 5);
  CHECK(document["steps"][0]["opened"].is_null());
}
